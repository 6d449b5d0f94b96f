/**
 * Runs files of tests: `run-tests.ts --at-once N --totals FILE TEST-FILE…`, in the order given (node's own command line
 * sorts them by name). All share one PostgreSQL, a throw-away one unless `FIRN_TEST_POSTGRES` names one: each test has
 * a database of its own in it, which costs a tenth of a server of its own (`testkit/src/database.ts`).
 */
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { run } from 'node:test'
import { parseArgs } from 'node:util'
import { startTestPostgres } from '../packages/testkit/src/database.ts'
import report from './test-report.ts'
import totals from './test-totals.ts'

const { values, positionals: files } = parseArgs({
  options: { 'at-once': { type: 'string', default: '1' }, totals: { type: 'string', default: '/dev/null' } },
  allowPositionals: true,
})
await using opened = new AsyncDisposableStack()
process.env.FIRN_TEST_POSTGRES ??= opened.use(await startTestPostgres()).adminUrl
// Each file is a process that loads much of Firn, and starts others that do: what Node made of it is kept.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../node_modules/.cache/firn-tests')

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
const events = run({
  files,
  signal: stopping.signal,
  concurrency: Number(values['at-once']),
  timeout: 300_000,
  // Node's own --test-force-exit loses the report of a quick file.
  execArgv: ['--import', join(import.meta.dirname, 'nothing-left-open.ts')],
})
events.on('test:fail', () => {
  process.exitCode = 1
})
const [seen, counted] = [events.compose(report), events.compose(totals)]
await Promise.all([pipeline(seen, process.stdout, { end: false }), pipeline(counted, createWriteStream(values.totals))])
