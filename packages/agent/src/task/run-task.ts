/** The life of a task on an agent: Started, the work with its log, the log's end, the status (hercules-ci.md 4.4.6–4.4.10, 4.7). */
import type { Log } from '@firn/base/log'
import type { TaskStatus } from '@firn/contract/agent/task'
import { logLevel, logText, type TaskLog } from '../report/task-log.ts'
import { exceptional } from './status.ts'
import { abortOf } from './task-signal.ts'
import type { Telling } from './telling.ts'

export type Work = (ports: { log: TaskLog; emit: Telling['emit']; signal: AbortSignal }) => Promise<TaskStatus>

/** Never rejects but for a bug: what goes wrong in the work becomes its status. */
export async function runTask(telling: Telling, work: Work, { log, signal }: { log: Log; signal: AbortSignal }) {
  const startedAt = performance.now()
  const emit: Telling['emit'] = (events, until) => telling.emit(events, until)
  const status = await attempt(log, work, { log: telling.log, emit, signal })
  const abort = abortOf(signal)
  if (abort === 'shutdown' || abort === 'session lost') return await telling.abandon()
  const cancelled = abort === 'cancelled'
  await telling.end(cancelled ? exceptional('cancelled') : status, { cancelled, signal })
  log.info({ status: status.tag, ms: Math.round(performance.now() - startedAt) }, 'the task ended')
}

async function attempt(log: Log, work: Work, ports: Parameters<Work>[0]): Promise<TaskStatus> {
  try {
    const status = await work(ports)
    if (status.tag === 'Exceptional') await logText(ports.log, logLevel.error, status.contents)
    return status
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    log.error({ err: error }, 'a task failed in an unexpected way')
    await logText(ports.log, logLevel.error, `the agent failed: ${text}`)
    return exceptional(`the agent failed: ${text}`)
  }
}
