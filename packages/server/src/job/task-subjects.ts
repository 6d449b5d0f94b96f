import { pages } from '@firn/contract/paths'
import { derivationName } from '@firn/core/status/derivation-sentence'
import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import type { Subject } from '../dispatch/read-agents.ts'
import { jobs } from './store.ts'

/** What each task is about, for the agents page. */
export async function taskSubjects(
  db: Reads,
  tasks: { id: string; kind: string; subject: string }[],
): Promise<Map<string, Subject>> {
  const builds = tasks.filter((task) => task.kind === 'build')
  const others = tasks.filter((task) => task.kind !== 'build')
  const { rows: derivations } = await sql<{ id: string; path: string; account: string; site: string }>`
    select d.id::text, d.path, a.slug as account, f.slug as site
    from derivation d join account a on a.id = d.account_id join forge f on f.id = a.forge_id
    where d.id = any(${builds.map((task) => task.subject)}::bigint[])`.execute(db)
  const byDerivation = new Map(derivations.map((row) => [row.id, row]))
  const ids = others.map((task) => task.subject)
  const rows = ids.length === 0 ? [] : await jobs(db).where('job.id', 'in', ids).execute()
  const byJob = new Map(rows.map((row) => [row.id, row]))

  const subjects = new Map<string, Subject>()
  for (const task of builds) {
    const row = byDerivation.get(task.subject)
    if (row)
      subjects.set(task.id, {
        label: derivationName(row.path),
        href: pages.derivation(row, row.path),
        derivationPath: row.path,
      })
  }
  for (const task of others) {
    const row = byJob.get(task.subject)
    if (row)
      subjects.set(task.id, {
        label: `${row.account}/${row.project} #${row.index}${row.name === null ? '' : ` ${row.name}`}`,
        href: pages.job(row, row.index),
        derivationPath: null,
      })
  }
  return subjects
}
