/**
 * Writes `src/db/generated/tables.ts` from a freshly migrated database; with `--check`, says instead whether the
 * committed file is up to date. The database server is a throw-away one of ours.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pino from 'pino'
import { connect } from '../src/db/connect.ts'
import { startManagedPostgres } from '../src/db/managed-postgres.ts'
import { migrate } from '../src/db/migrate.ts'

const target = join(import.meta.dirname, '../src/db/generated/tables.ts')
const check = process.argv.includes('--check')

/** Columns whose values a check constraint lists, by the contract's types. */
const imports = `import type { AttributeType } from '@firn/contract/agent/evaluate-event'
import type { DerivationStatus } from '@firn/contract/api/derivation'
import type { JobPhase, JobStatus, JobType } from '@firn/contract/api/job'
`
const enumerations = {
  'account.type': "'User' | 'Organization'",
  'agent_message.kind': "'start' | 'cancel'",
  'attribute.outcome': 'JobStatus',
  'attribute.type': 'AttributeType',
  'derivation.status': 'Generated<DerivationStatus>',
  'evaluation.state': "Generated<'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'>",
  'evaluation_message.type': "'Error' | 'Trace'",
  'handler.type': "'OnPush' | 'OnSchedule'",
  'job.derivation_status': 'Generated<JobStatus>',
  'job.effects_status': 'Generated<JobStatus>',
  'job.evaluation_status': 'Generated<JobStatus>',
  'job.phase': 'Generated<JobPhase>',
  'job.status': 'Generated<JobStatus>',
  'job.type': 'JobType',
  'task.kind': "'evaluate' | 'build' | 'effect'",
  'task.outcome': "'succeeded' | 'failed' | 'broken' | 'lost' | 'declined' | 'cancelled' | null",
  'task.state': "Generated<'queued' | 'assigned' | 'started' | 'ended'>",
}

const folder = await mkdtemp(join(tmpdir(), 'firn-types-'))
const ending = new AbortController()
const log = pino({ level: 'warn' })
const postgres = await startManagedPostgres({ folder, signal: ending.signal, log, durable: false })
try {
  const { db, close } = connect(postgres.url)
  await migrate(db)
  await close()
  const written = join(folder, 'tables.ts')
  const codegen = join(import.meta.dirname, '../../../node_modules/.bin/kysely-codegen')
  await promisify(execFile)(codegen, [
    '--dialect=postgres',
    `--url=${postgres.url}`,
    `--out-file=${written}`,
    '--camel-case=false',
    '--exclude-pattern=migration',
    '--numeric-parser=number',
    '--type-mapping={"int8":"number"}',
    `--overrides=${JSON.stringify({ columns: enumerations })}`,
  ])
  const text = imports + (await readFile(written, 'utf8'))
  if (!check) await writeFile(target, text)
  else if ((await readFile(target, 'utf8')) !== text) {
    console.error('packages/server/src/db/generated/tables.ts is not what the migrations say: run `npm run types`')
    process.exitCode = 1
  }
} finally {
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
}
