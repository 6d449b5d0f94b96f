/**
 * Runs a command beside one PostgreSQL for all tests of a run: `with-postgres.ts COMMAND…`; a throw-away one, unless
 * `FIRN_TEST_POSTGRES` names one. Each test has a database of its own in it, which costs a tenth of a server of its own (`testkit/src/database.ts`).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { startTestPostgres } from '../packages/testkit/src/database.ts'

const [command = '', ...args] = process.argv.slice(2)
const named = process.env.FIRN_TEST_POSTGRES
if (named !== undefined) process.exitCode = await run(named)
else {
  await using postgres = await startTestPostgres()
  process.exitCode = await run(postgres.adminUrl)
}

async function run(url: string): Promise<number> {
  const child = spawn(command, args, { env: { ...process.env, FIRN_TEST_POSTGRES: url }, stdio: 'inherit' })
  const forward = (signal: NodeJS.Signals) => void child.kill(signal)
  process.on('SIGINT', forward).on('SIGTERM', forward)
  const [status] = await once(child, 'exit')
  return typeof status === 'number' ? status : 1
}
