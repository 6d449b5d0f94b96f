import type { AttributeRow, AttributeRows, AttributeState } from '@firn/contract/api/evaluation'
import type { JobOverview } from '@firn/contract/api/overview'
import { showAttributePath } from '@firn/contract/attribute-path'
import type { StoredJob, StoredProject } from './world.ts'

export function jobOverview(stored: StoredProject, { job, part }: StoredJob): JobOverview {
  const ended = job.endTime
  return {
    project: stored.project,
    job,
    timeline: {
      queuedAt: job.startTime,
      evaluationStartedAt: job.startTime,
      evaluationEndedAt:
        job.jobPhase !== 'Evaluating' ? new Date(Date.parse(job.startTime) + 9000).toISOString() : null,
      buildsStartedAt: job.jobPhase !== 'Evaluating' ? new Date(Date.parse(job.startTime) + 4000).toISOString() : null,
      endedAt: ended,
    },
    errors: [],
    errorsTotal: part.errors?.length ?? 0,
    failures: [],
    failuresTotal: part.failures?.length ?? 0,
    messages: [],
    running: [],
    imports: [],
    slowest: [],
    compareWith: null,
    reusedFrom: null,
    waiting: [],
    unmetAgentRequirements: [],
    handlers: { onPush: [], onSchedule: [] },
    notRun: [],
    evaluationLogId: null,
    evaluationAgent: 'build01',
    ...part,
    siblings: stored.jobs
      .filter((it) => it.job.source.revision === job.source.revision && it.job.id !== job.id)
      .map((it) => it.job),
  }
}

type Filter = { state?: string | undefined; search?: string | undefined; offset: number; limit: number }

export function attributeRows(all: readonly AttributeRow[], filter: Filter): AttributeRows {
  const states = filter.state?.split(',')
  const search = filter.search?.toLowerCase()
  const items = all.filter(
    (row) =>
      (!states || states.includes(row.state)) &&
      (!search || showAttributePath(row.path).toLowerCase().includes(search)),
  )
  const byState: Partial<Record<AttributeState, number>> = {}
  for (const row of all) byState[row.state] = (byState[row.state] ?? 0) + 1
  return { items: items.slice(filter.offset, filter.offset + filter.limit), total: items.length, byState }
}
