/**
 * How a server is told of a task while it runs: in the published form, or, of a build that is over soon and to a server that
 * understands it, in one message at its end (contract/agent/brief.ts). A build that takes longer, or prints much, changes to the
 * published form with all that it has said so far, so that its lines are live.
 */
import type { Log } from '@firn/base/log'
import { aborted } from '@firn/base/loop'
import { type BriefBuild, briefExtension } from '@firn/contract/agent/brief'
import type { BuildEvent } from '@firn/contract/agent/build-event'
import { type LogEntry, resultType } from '@firn/contract/agent/log'
import type { AgentPayload } from '@firn/contract/agent/socket'
import type { TaskStatus } from '@firn/contract/agent/task'
import { visibleLength } from '../report/log-limit.ts'
import { LogSocket } from '../report/log-socket.ts'
import type { SessionApi } from '../report/server-api.ts'
import { type LogBody, pieces, type TaskLog } from '../report/task-log.ts'
import type { Session } from '../session/join.ts'
import type { AgentTimings } from '../timings.ts'
import type { Deliver, TellBrief } from './gather-briefs.ts'

export type TellingNeeds = {
  session: Session
  api: SessionApi
  say: (payload: AgentPayload) => void
  deliver: Deliver
  tellBrief: TellBrief
  timings: AgentTimings
  log: Log
}

export type ToldTask = { id: string; logToken: string }
type Taken = { ok: true } | { ok: false; reason: string }

export type Telling = {
  log: TaskLog
  /** What became of a build so far. */
  emit(events: BuildEvent[], signal: AbortSignal): Promise<Taken>
  /** The log's end and the last word; resolves when the server has both, or will not take them. */
  end(status: TaskStatus, how: { cancelled: boolean; signal: AbortSignal }): Promise<void>
  /** Without an end: the task is done again, with a log of its own. */
  abandon(): Promise<void>
}

/** As hercules-ci.md 4.7 and 4.9 have it: Started at once, the log on a socket of its own. */
export function tellPublished(needs: TellingNeeds, task: ToldTask): Telling {
  const { session, api, say, timings, log } = needs
  say({ tag: 'Started', contents: { taskId: task.id } })
  const abandoned = new AbortController()
  const { bulkSocketBaseURL } = session.serviceInfo
  const socket = new LogSocket({
    bulkSocketBaseURL,
    logToken: task.logToken,
    timings,
    log,
    signal: abandoned.signal,
  })
  return {
    log: socket.write,
    emit: (events, signal) => api.postBuildEvents(task.id, events, signal),
    async end(status, { cancelled }) {
      const delivery = await socket.end()
      if (!delivery.delivered) log.warn({ task: task.id }, delivery.reason)
      if (cancelled) say({ tag: 'Cancelled', contents: { taskId: task.id } })
      const reply = await api.postStatus(task.id, status)
      if (!reply.ok) log.warn({ task: task.id, status: status.tag }, `the task's status was not taken: ${reply.reason}`)
    },
    async abandon() {
      abandoned.abort()
      await socket.close()
    },
  }
}

/** What is said of a build in one message at the most: with more, it is told in the published form. */
const briefMax = { entries: 200, length: 32 * 1024 }

/** Of a build, the shortest form that this server understands. */
export function tellBuild(needs: TellingNeeds, task: ToldTask): Telling {
  const { firn } = needs.session.serviceInfo
  return firn !== undefined && firn.extension >= briefExtension
    ? new BriefTelling(needs, task)
    : tellPublished(needs, task)
}

class BriefTelling implements Telling {
  readonly #needs: TellingNeeds
  readonly #task: ToldTask
  readonly #begunAt = performance.now()
  #timer: NodeJS.Timeout
  #hasPrinted = false
  readonly #entries: LogEntry[] = []
  readonly #events: BuildEvent[] = []
  #length = 0
  /** once it is told in the published form */
  #published: Telling | undefined

  constructor(needs: TellingNeeds, task: ToldTask) {
    this.#needs = needs
    this.#task = task
    this.#timer = setTimeout(() => this.#publish(), needs.timings.brief.begunMs)
  }

  log = async (body: LogBody): Promise<void> => {
    if (this.#published !== undefined) return await this.#published.log(body)
    for (const piece of pieces(body)) {
      const entry = { ...piece, i: this.#entries.length, ms: Math.floor(performance.now() - this.#begunAt) }
      this.#length += visibleLength(entry)
      this.#entries.push(entry)
    }
    this.#noteLine(body)
    if (this.#entries.length > briefMax.entries || this.#length > briefMax.length) this.#publish()
  }

  /** A line is to be live soon, a build that says nothing yet only to be seen. */
  #noteLine(body: LogBody): void {
    if (this.#hasPrinted || body.tag !== 'Result' || body.rtype !== resultType.logLine) return
    this.#hasPrinted = true
    const { begunMs, lineMs } = this.#needs.timings.brief
    const left = begunMs - (performance.now() - this.#begunAt)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#publish(), Math.min(lineMs, left))
  }

  async emit(events: BuildEvent[], signal: AbortSignal): Promise<Taken> {
    if (this.#published !== undefined) return await this.#published.emit(events, signal)
    this.#events.push(...events)
    return { ok: true }
  }

  async end(status: TaskStatus, how: { cancelled: boolean; signal: AbortSignal }): Promise<void> {
    clearTimeout(this.#timer)
    if (how.cancelled) this.#publish()
    if (this.#published !== undefined) return await this.#endPublished(this.#published, status, how)
    const brief: BriefBuild = {
      taskId: this.#task.id,
      logToken: this.#task.logToken,
      ms: Math.round(performance.now() - this.#begunAt),
      log: this.#entries,
      events: this.#events,
      status,
    }
    const { tellBrief, deliver } = this.#needs
    await Promise.race([tellBrief(brief, deliver), aborted(how.signal)])
  }

  async abandon(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#published?.abandon()
  }

  #publish(): void {
    if (this.#published !== undefined) return
    clearTimeout(this.#timer)
    this.#published = tellPublished(this.#needs, this.#task)
    for (const { i: _i, ms: _ms, ...body } of this.#entries) void this.#published.log(body)
  }

  async #endPublished(
    published: Telling,
    status: TaskStatus,
    how: { cancelled: boolean; signal: AbortSignal },
  ): Promise<void> {
    if (this.#events.length > 0) {
      const reply = await published.emit(this.#events, how.signal)
      if (!reply.ok) this.#needs.log.warn({ task: this.#task.id }, `what was built was not taken: ${reply.reason}`)
    }
    await published.end(status, how)
  }
}
