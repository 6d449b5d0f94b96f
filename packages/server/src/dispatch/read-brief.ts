import type { BriefBuild } from '@firn/contract/agent/brief'
import { checkTaskToken } from '../catalog/token.ts'
import { readEntries } from '../logs/lines.ts'
import type { TaskReport } from './take-reports.ts'

/**
 * What is said of builds that were over soon, taken apart into what the published form would say (contract/agent/brief.ts). A log is
 * kept for whoever has its token; whether the task is this session's is judged for the rest.
 */
export function readBriefs(key: Buffer, briefs: readonly BriefBuild[]): TaskReport[] {
  return briefs.flatMap(({ taskId, logToken, ms, log, events, status }): TaskReport[] => [
    ...(checkTaskToken(key, 'log', logToken) === taskId
      ? [{ taskId, is: 'logged' as const, ...readEntries(log) }]
      : []),
    { taskId, is: 'started', agoMs: ms },
    { taskId, is: 'built', events },
    { taskId, is: 'ended', status },
  ])
}
