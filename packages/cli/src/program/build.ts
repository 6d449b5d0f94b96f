import { Argument, type Command } from '@commander-js/extra-typings'
import { buildForms } from '../connected/find-build.ts'
import { type Act, serverCommand, serverCommands } from './server-command.ts'

const theBuild = () => new Argument('<build>', buildForms)
const itsName = () =>
  new Argument('[name]', 'an attribute (packages."x86.64".hello), or a name that only one build of that job has')

/** Declares `firn build …`. */
export function addBuildCommands(program: Command, act: Act): void {
  const parent = serverCommands(program, 'build', 'show, follow, retry and cancel the builds of a server')
  const show = 'how a build stands and why, its attempts, outputs, and the end of its log where it failed'
  serverCommand(parent, 'show', { about: show, json: 'the API’s DerivationDetail' })
    .addArgument(theBuild())
    .addArgument(itsName())
    .action((build, name, options) =>
      act(async (world) => (await import('../commands/build/show.ts')).showBuild({ build, name }, options, world)),
    )
  const log = 'the API’s LogWindow as one document; with -f each LogLine as one line'
  serverCommand(parent, 'log', { about: 'the log of the newest attempt', json: log })
    .addArgument(theBuild())
    .addArgument(itsName())
    .option('-f, --follow', 'wait for it to begin, print what comes, end with it')
    .option('--lines <n>', 'the last lines only; with --from, so many from there on')
    .option('--from <n>', 'from this line on, numbered as on the page')
    .action((build, name, options) =>
      act(async (world) => (await import('../commands/build/log.ts')).printBuildLog({ build, name }, options, world)),
    )
  const retry = 'build again what failed or was cancelled, with what it needs and what it blocks'
  serverCommand(parent, 'retry', { about: retry, json: 'the API’s DerivationDetail, afterwards' })
    .addArgument(theBuild())
    .addArgument(itsName())
    .action((build, name, options) =>
      act(async (world) => (await import('../commands/build/change.ts')).retryBuild({ build, name }, options, world)),
    )
  const cancel = 'end a build that waits or runs, for every job that needs it'
  serverCommand(parent, 'cancel', { about: cancel, json: 'the API’s DerivationDetail, afterwards' })
    .addArgument(theBuild())
    .addArgument(itsName())
    .action((build, name, options) =>
      act(async (world) => (await import('../commands/build/change.ts')).cancelBuild({ build, name }, options, world)),
    )
}
