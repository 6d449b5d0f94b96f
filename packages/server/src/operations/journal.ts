import type { Log } from '@firn/base/log'
import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import type { Listeners } from '../outbox/relay.ts'

/** More than so many are not remembered: a line may come again, none is left out. */
const rememberedMax = 10_000

/**
 * One line of the log for each job that is made or ends and each agent that comes or goes, told by the replica that delivers the
 * news. Texts from repositories are fields, never part of a sentence.
 */
export function journal({ db, log }: { db: Reads; log: Log }): Listeners {
  const told = new Set<string>()
  const once = (key: string, tell: () => void) => {
    if (told.has(key)) return
    if (told.size >= rememberedMax) told.clear()
    told.add(key)
    tell()
  }
  return {
    'job.created': [
      async ({ jobId }) => {
        const job = await findJob(db, jobId)
        if (job) once(`made ${jobId}`, () => log.info(fieldsOf(job), 'job made'))
      },
    ],
    'job.changed': [
      async ({ jobId }) => {
        const job = await findJob(db, jobId)
        if (job === undefined || job.ended_at === null) return
        const { status, ended_at } = job
        const tookMs = ended_at.getTime() - job.created_at.getTime()
        once(`ended ${jobId} ${ended_at.toISOString()}`, () =>
          log.info({ ...fieldsOf(job), status, tookMs }, 'job ended'),
        )
      },
    ],
    'agents.changed': [
      async ({ accountId }) => {
        for (const agent of await agentsOf(db, accountId)) {
          const { id, host, connection, slots, platforms } = agent
          if (connection !== null)
            once(`${id} ${connection}`, () => log.info({ agent: id, host, slots, platforms }, 'agent connected'))
          else once(`${id} gone ${agent.gone_at?.toISOString()}`, () => log.info({ agent: id, host }, 'agent left'))
        }
      },
    ],
  }
}

type JobOfLog = NonNullable<Awaited<ReturnType<typeof findJob>>>

function findJob(db: Reads, id: string) {
  return db
    .selectFrom('job')
    .innerJoin('project', 'project.id', 'job.project_id')
    .select(['job.id', 'job.index', 'job.type', 'job.name', 'job.ref', 'job.rev', 'job.status', 'job.created_at'])
    .select(['job.ended_at', 'project.slug as project'])
    .where('job.id', '=', id)
    .executeTakeFirst()
}

function fieldsOf({ id, index, project, type, name, ref, rev }: JobOfLog) {
  return { job: id, project, index, type, ...(name === null ? {} : { name }), ref, rev }
}

/** Those whose connection has changed lately. */
async function agentsOf(db: Reads, accountId: string) {
  const { rows } = await sql<{
    id: string
    host: string
    connection: string | null
    gone_at: Date | null
    slots: number
    platforms: string[]
  }>`
    select id, hostname as host, connection_id as connection, gone_at, concurrent_tasks as slots, platforms
    from agent_session where account_id = ${accountId} and greatest(last_seen, gone_at) > now() - interval '60 seconds'
    order by id`.execute(db)
  return rows
}
