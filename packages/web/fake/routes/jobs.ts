import { contract } from '@firn/contract/api/contract'
import { implement } from '@orpc/server'
import { compareJobs } from '../compare.ts'
import { finder, refuse } from '../find.ts'
import { idOf } from '../make.ts'
import { attributeRows, jobOverview } from '../overview.ts'
import type { World } from '../world.ts'

const os = implement(contract)

/** Jobs, what their pages show, and running them again. */
export function jobRoutes(world: World) {
  const { account, ownedBy, job } = finder(world)
  return {
    jobs: {
      list: os.jobs.list.handler(({ input }) => {
        const owner = account(input.site ?? '', input.account ?? '')
        return ownedBy(owner.id)
          .filter((it) => !input.project || it.project.slug === input.project)
          .map((it) => ({
            project: it.project,
            jobs: it.jobs
              .map((at) => at.job)
              .filter((at) => input.index === undefined || at.index === input.index)
              .slice(0, input.latest),
          }))
      }),
      get: os.jobs.get.handler(({ input }) => job(input.id).at.job),
      handlers: os.jobs.handlers.handler(refuse),
      evaluation: os.jobs.evaluation.handler(refuse),
      evaluationLog: os.jobs.evaluationLog.handler(refuse),
      compare: os.jobs.compare.handler(({ input }) => compareJobs(job(input.baseJobId).at, job(input.id).at)),
      rerun: os.jobs.rerun.handler(({ input }) => rerun(world, input.id)),
      cancel: os.jobs.cancel.handler(({ input }) => cancel(world, input.id)),
      failures: os.jobs.failures.handler(refuse),
    },
    bumpJob: os.firn.bumpJob.handler(({ input }) => {
      const { at, stored } = job(input.id)
      at.job.isBumped = true
      world.announce({ kind: 'job', projectId: stored.project.id, jobIds: [at.job.id] })
      return at.job
    }),
    jobOverview: os.firn.jobOverview.handler(({ input }) => jobOverview(job(input.id).stored, job(input.id).at)),
    attributes: os.firn.attributes.handler(({ input }) => attributeRows(job(input.id).at.attributes, input)),
  }
}

function cancel(world: World, id: string) {
  const { at, stored } = finder(world).job(id)
  const because = 'Cancelled by Ada.'
  Object.assign(at.job, { jobPhase: 'Done', jobStatus: 'Failure', isCancelled: true, mayCancel: false, because })
  world.announce({ kind: 'job', projectId: stored.project.id, jobIds: [id] })
  return {}
}

function rerun(world: World, id: string) {
  const { stored, at } = finder(world).job(id)
  const index = Math.max(...stored.jobs.map((it) => it.job.index)) + 1
  const again = {
    ...at.job,
    id: idOf(`job ${stored.project.name} ${index}`),
    index,
    rerunOf: at.job.id,
    rerunOfIndex: at.job.index,
    startTime: new Date().toISOString(),
  }
  stored.jobs.unshift({ ...at, job: again })
  world.announce({ kind: 'job', projectId: stored.project.id, jobIds: [again.id] })
  return again
}
