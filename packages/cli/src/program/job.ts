import { Argument, type Command } from '@commander-js/extra-typings'
import { jobForms } from '../connected/find-job.ts'
import { type Act, serverCommand, serverCommands } from './server-command.ts'

const theJob = () => new Argument('<job>', jobForms)

/** Declares `firn job …`. */
export function addJobCommands(program: Command, act: Act): void {
  const job = serverCommands(program, 'job', 'list, show, watch, rerun and cancel the jobs of a server')
  serverCommand(job, 'list', { about: 'the newest jobs', json: 'the jobs as a list of the API’s Job' })
    .argument('[project]', 'NAME or SITE/ACCOUNT/NAME; without it those of all projects')
    .option('--limit <n>', 'so many', '20')
    .option('--ref <ref>', 'only of this ref, such as refs/heads/main, or HEAD for the default branch')
    .option('--rev <rev>', 'only of this commit')
    .option('--failed', 'only such as failed')
    .action((project, options) =>
      act(async (world) => (await import('../commands/job/list.ts')).listJobs(project, options, world)),
    )
  const show = 'how a job stands: what failed and why, what runs, what waits for what'
  serverCommand(job, 'show', { about: show, json: 'the API’s JobOverview, which has the Job as `job`' })
    .addArgument(theJob())
    .action((text, options) =>
      act(async (world) => (await import('../commands/job/show.ts')).showJob(text, options, world)),
    )
  const watch = 'follow a job until it has ended; the exit status is its result'
  serverCommand(job, 'watch', { about: watch, json: 'the API’s Job after each change, one a line' })
    .addArgument(theJob())
    .action((text, options) =>
      act(async (world) => (await import('../commands/job/watch.ts')).watchJob(text, options, world)),
    )
  const rerun = 'a new job for the same commit and inputs, evaluated anew'
  serverCommand(job, 'rerun', { about: rerun, json: 'the new job as the API’s Job' })
    .addArgument(theJob())
    .option('--rebuild-failures', 'also build again what failed')
    .action((text, options) =>
      act(async (world) => (await import('../commands/job/rerun.ts')).rerunJob(text, options, world)),
    )
  const cancel = 'end a job; what no other job needs is not built any further'
  serverCommand(job, 'cancel', { about: cancel, json: 'the API’s Job, afterwards' })
    .addArgument(theJob())
    .action((text, options) =>
      act(async (world) => (await import('../commands/job/cancel.ts')).cancelJob(text, options, world)),
    )
}
