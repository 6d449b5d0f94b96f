import { Argument, type Command } from '@commander-js/extra-typings'
import { buildForms } from '../connected/find-build.ts'
import { type Act, jsonOption, serverHelp, stateOption } from './act.ts'

const theBuild = () => new Argument('<build>', buildForms)
const itsName = () =>
  new Argument('[name]', 'an attribute (packages."x86.64".hello), or a name that only one build of that job has')

/** Declares `firn build …`. */
export function addBuildCommands(program: Command, act: Act): void {
  const parent = program.command('build').description('show, follow, retry and cancel builds of a server')
  parent.addHelpText('after', serverHelp)
  parent
    .command('show')
    .description('how a build stands and why, its attempts, outputs, and the end of its log where it failed')
    .addArgument(theBuild())
    .addArgument(itsName())
    .addOption(stateOption())
    .addOption(jsonOption('the API’s DerivationDetail'))
    .addHelpText('after', serverHelp)
    .action((build, name, options) =>
      act(async (world) => (await import('../commands/build/show.ts')).showBuild({ build, name }, options, world)),
    )
  parent
    .command('log')
    .description('the log of the newest attempt')
    .addArgument(theBuild())
    .addArgument(itsName())
    .option('-f, --follow', 'wait for it to begin, print what comes, end with it')
    .option('--lines <n>', 'the last lines only; with --from, so many from there on')
    .option('--from <n>', 'from this line on, numbered as on the page')
    .addOption(stateOption())
    .addOption(jsonOption('the API’s LogWindow as one document; with -f each LogLine as one line'))
    .addHelpText('after', serverHelp)
    .action((build, name, options) =>
      act(async (world) => (await import('../commands/build/log.ts')).printBuildLog({ build, name }, options, world)),
    )
  parent
    .command('retry')
    .description('build again what failed, with what it needs and what it blocks')
    .addArgument(theBuild())
    .addArgument(itsName())
    .addOption(stateOption())
    .addOption(jsonOption('the API’s DerivationDetail, afterwards'))
    .addHelpText('after', serverHelp)
    .action((build, name, options) =>
      act(async (world) => (await import('../commands/build/retry.ts')).retryBuild({ build, name }, options, world)),
    )
}
