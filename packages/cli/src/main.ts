#!/usr/bin/env -S node --max-semi-space-size=24 --heap-growing-percent=100
/** The command line: reads arguments and environment, calls one command, sets the exit status. */
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { Command } from '@commander-js/extra-typings'
import { describeOptions } from '@firn/server/config'

import { addAgentCommands } from './program/agent.ts'
import { addBuildCommands } from './program/build.ts'
import { addJobCommands } from './program/job.ts'
import { addLocalCommands } from './program/local.ts'
import type { Act } from './program/server-command.ts'
import { version } from './version.ts'

// What Node makes of our TypeScript is kept: a third of the time until a command begins. Where nothing may be written it isn't.
enableCompileCache(join(import.meta.dirname, '../../../node_modules/.cache/firn'))

const program = new Command('firn')
  .description('Open, self-hostable continuous integration and deployment for Nix')
  .version(version)
  .showHelpAfterError('(see --help)')
  .exitOverride()

const act: Act = async (run) => {
  process.exitCode = await run(world())
}

program
  .command('up')
  .description('start a database, the server and one agent on this machine')
  .argument('[path]', 'a Git checkout whose HEAD is pushed to the local forge')
  .option('--once', 'push, wait for the result, print it and stop')
  .option('--no-agent', 'start no agent')
  .option('--state <dir>', 'where everything is kept', './state')
  .option('--port <n>', 'port of the page', '8080')
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .action(async (path, options) => {
    const { up } = await import('./commands/up.ts')
    process.exitCode = await up({ path, ...options }, world())
  })

addLocalCommands(program, act)

program
  .command('server')
  .description('run the server alone; it is configured by environment variables')
  .addHelpText('after', () => `\nEnvironment:\n${describeOptions()}`)
  .action(async () => {
    const { server } = await import('./commands/server.ts')
    process.exitCode = await server(world())
  })

program
  .command('sign-in')
  .description('print a link that signs the administrator in, once')
  .option('--state <dir>', 'state folder of the server', './state')
  .action(async (options) => {
    const { signIn } = await import('./commands/sign-in.ts')
    process.exitCode = await signIn(options, world())
  })

program
  .command('git-credential')
  .description("Git's credential helper for the local forge (git config credential.helper)")
  .argument('<operation>', 'get, store or erase; see gitcredentials(7)')
  .option('--state <dir>', 'state folder of the server', './state')
  .action(async (operation, options) => {
    const { gitCredential } = await import('./commands/git-credential.ts')
    process.exitCode = await gitCredential(operation, options, world())
  })

addAgentCommands(program, act)
addJobCommands(program, act)
addBuildCommands(program, act)

function world() {
  return { env: process.env, stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, process }
}

try {
  await program.parseAsync()
} catch (error) {
  // Commander has said what is wrong with the arguments; help and version are no errors.
  const isCommander = error instanceof Error && error.name === 'CommanderError'
  if (!isCommander) process.stderr.write(`firn: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = isCommander && 'exitCode' in error && error.exitCode === 0 ? 0 : 2
}
// The channel to the Firn that started us would keep this process alive.
if (process.connected) process.disconnect()
