import type { BriefBuild } from '@firn/contract/agent/brief'
import { checkTaskToken } from '../catalog/token.ts'
import type { LogWriter } from '../logs/append.ts'
import { readEntries } from '../logs/lines.ts'
import type { TaskReport } from './take-reports.ts'

/**
 * Of builds that were over soon: keeps their logs, each whole and once, and says what else is said of them (contract/agent/brief.ts).
 * A log is kept for whoever has its token; whether the task is this session's is judged with the reports.
 */
export async function takeBriefs(
  { key, logWriter }: { key: Buffer; logWriter: LogWriter },
  briefs: readonly BriefBuild[],
): Promise<TaskReport[]> {
  await Promise.all(
    briefs.map(async ({ taskId, logToken, log }) => {
      if (checkTaskToken(key, 'log', logToken) !== taskId) return
      await logWriter.append(taskId, { after: -1, n: 0, ...readEntries(log), end: true })
    }),
  )
  return briefs.flatMap(({ taskId, ms, events, status }): TaskReport[] => [
    { taskId, is: 'started', agoMs: ms },
    { taskId, is: 'built', events },
    { taskId, is: 'ended', status },
  ])
}
