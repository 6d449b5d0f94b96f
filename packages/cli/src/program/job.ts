import { Argument, type Command } from '@commander-js/extra-typings'
import { jobForms } from '../connected/find-job.ts'
import { type Act, jsonOption, serverHelp, stateOption } from './act.ts'

const theJob = () => new Argument('<job>', jobForms)

/** Declares `firn job …`. */
export function addJobCommands(program: Command, act: Act): void {
  const job = program.command('job').description('list, show, watch, rerun and cancel jobs of a server')
  job.addHelpText('after', serverHelp)
  job
    .command('list')
    .description('the newest jobs')
    .argument('[project]', 'NAME or SITE/ACCOUNT/NAME; without it those of all projects')
    .option('--limit <n>', 'so many', '20')
    .option('--ref <ref>', 'only of this ref, such as refs/heads/main, or HEAD for the default branch')
    .option('--rev <rev>', 'only of this commit')
    .option('--failed', 'only such as failed')
    .addOption(stateOption())
    .addOption(jsonOption('the jobs as a list of the API’s Job'))
    .addHelpText('after', serverHelp)
    .action((project, options) =>
      act(async (world) => (await import('../commands/job/list.ts')).listJobs(project, options, world)),
    )
  job
    .command('show')
    .description('how a job stands: what failed and why, what runs, what waits for what')
    .addArgument(theJob())
    .addOption(stateOption())
    .addOption(jsonOption('the API’s JobOverview, which has the Job in `job`'))
    .addHelpText('after', serverHelp)
    .action((text, options) =>
      act(async (world) => (await import('../commands/job/show.ts')).showJob(text, options, world)),
    )
  job
    .command('watch')
    .description('follow a job until it has ended; the exit status is its result')
    .addArgument(theJob())
    .addOption(stateOption())
    .addOption(jsonOption('the API’s Job after each change, one a line'))
    .addHelpText('after', serverHelp)
    .action((text, options) =>
      act(async (world) => (await import('../commands/job/watch.ts')).watchJob(text, options, world)),
    )
  job
    .command('rerun')
    .description('a new job for the same commit and inputs, evaluated anew')
    .addArgument(theJob())
    .option('--rebuild-failures', 'also build again what failed')
    .addOption(stateOption())
    .addOption(jsonOption('the new job as the API’s Job'))
    .addHelpText('after', serverHelp)
    .action((text, options) =>
      act(async (world) => (await import('../commands/job/rerun.ts')).rerunJob(text, options, world)),
    )
}
