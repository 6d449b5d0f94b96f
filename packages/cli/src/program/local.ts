import { availableParallelism } from 'node:os'
import type { Command } from '@commander-js/extra-typings'
import type { Act } from './server-command.ts'

/** Declares `firn eval` and `firn run`. */
export function addLocalCommands(program: Command, act: Act): void {
  localCommand(program, 'eval', 'evaluate a folder as an agent would for a push, without a server')
    .option('--json', 'print the events of the configuration, or of the handler, one a line')
    .action((dir, options) => act(async (world) => (await import('../commands/eval.ts')).evaluate(dir, options, world)))
  localCommand(program, 'run', 'evaluate and build a folder as for a push, without a server')
    .option('--jobs <n>', 'builds at the same time', String(Math.max(2, availableParallelism())))
    .action((dir, options) => act(async (world) => (await import('../commands/run.ts')).run(dir, options, world)))
}

function localCommand(program: Command, name: string, about: string) {
  return program
    .command(name)
    .description(about)
    .argument('[dir]', 'a Git checkout, or any folder', '.')
    .option(
      '--job <handler>',
      'onPush.NAME or onSchedule.NAME; without it the configuration, then every onPush handler',
    )
    .option('--ref <ref>', 'the ref that the repository is told of, such as refs/heads/main')
    .option('--rev <rev>', 'the revision that the repository is told of; the files are those of the folder')
    .option('--owner <owner>', "the repository's owner, where the remote does not tell")
    .option('--name <name>', "the repository's name")
    .option('--input <name=path>', 'a Git checkout for an extra input; may be repeated', collect, [])
    .option('--credentials <file>', 'logins for private inputs: a netrc file, or one of git credential-store')
    .option(
      '--limit <name=number>',
      "a limit of the evaluation, named as in [evaluation] of an agent's agent.toml, such as attributesMax=1000; may be repeated",
      collect,
      [],
    )
}

function collect(value: string, before: string[]): string[] {
  return [...before, value]
}
