/** The life of a task on an agent: Started, the work with its log, the log's end, the status (hercules-ci.md 4.4.6–4.4.10, 4.7). */
import type { Log } from '@firn/base/log'
import type { AgentPayload } from '@firn/contract/agent/socket'
import type { TaskStatus } from '@firn/contract/agent/task'
import { LogSocket } from '../report/log-socket.ts'
import type { SessionApi } from '../report/server-api.ts'
import { logLevel, logText, type TaskLog } from '../report/task-log.ts'
import type { Session } from '../session/join.ts'
import type { AgentTimings } from '../timings.ts'
import { exceptional } from './status.ts'
import { abortOf } from './task-signal.ts'

export type TaskNeeds = {
  session: Session
  api: SessionApi
  say: (payload: AgentPayload) => void
  timings: AgentTimings
  log: Log
}

export type Work = (ports: { log: TaskLog; signal: AbortSignal }) => Promise<TaskStatus>

/** Never rejects but for a bug: what goes wrong in the work becomes its status. */
export async function runTask(
  needs: TaskNeeds,
  task: { id: string; logToken: string },
  work: Work,
  signal: AbortSignal,
): Promise<void> {
  needs.say({ tag: 'Started', contents: { taskId: task.id } })
  const startedAt = performance.now()
  const taskLog = openTaskLog(needs, task.logToken)
  const status = await attempt(needs, work, { log: taskLog.write, signal })
  const abort = abortOf(signal)
  if (abort === 'shutdown' || abort === 'session lost') return await taskLog.abandon()
  const delivery = await taskLog.end()
  if (!delivery.delivered) needs.log.warn({ task: task.id }, delivery.reason)
  if (abort === 'cancelled') needs.say({ tag: 'Cancelled', contents: { taskId: task.id } })
  const reply = await needs.api.postStatus(task.id, abort === 'cancelled' ? exceptional('cancelled') : status)
  needs.log.info({ status: status.tag, ms: Math.round(performance.now() - startedAt) }, 'the task ended')
  if (!reply.ok)
    needs.log.warn({ task: task.id, status: status.tag }, `the task's status was not taken: ${reply.reason}`)
}

function openTaskLog({ session, timings, log }: TaskNeeds, logToken: string) {
  const abandoned = new AbortController()
  const { bulkSocketBaseURL } = session.serviceInfo
  const socket = new LogSocket({ bulkSocketBaseURL, logToken, timings, log, signal: abandoned.signal })
  return {
    write: socket.write,
    end: () => socket.end(),
    /** Without its end: the task is done again, with a log of its own. */
    abandon: async () => {
      abandoned.abort()
      await socket.close()
    },
  }
}

async function attempt({ log }: TaskNeeds, work: Work, ports: Parameters<Work>[0]): Promise<TaskStatus> {
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
