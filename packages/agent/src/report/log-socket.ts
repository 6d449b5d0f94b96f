/**
 * A task's log on its way to the server (hercules-ci.md 4.9). Entries travel as soon as the line is free: while nothing
 * is under way the next entry goes at once, while `framesUnderWay` are, what comes is gathered. So lines are live when
 * there are few, and frames are large when there are many. Memory is bounded: the writer waits when too much is gathered.
 */
import type { Log } from '@firn/base/log'
import { pause } from '@firn/base/loop'
import { type LogEntry, type LogPayload, LogServerFrame } from '@firn/contract/agent/log'
import type { ServiceInfo } from '@firn/contract/agent/session'
import { Conversation } from '../socket/conversation.ts'
import { socketUrl } from '../socket/url.ts'
import type { AgentTimings } from '../timings.ts'
import { LogLimiter, type LogLimits, type TimedEntry, visibleLength } from './log-limit.ts'
import { type LogBody, pieces } from './task-log.ts'

export type LogSocketOptions = {
  bulkSocketBaseURL: string
  logToken: string
  timings: AgentTimings
  limits?: LogLimits
  log: Log
  signal: AbortSignal
}

const framesUnderWay = 4
const entriesInFrame = 1_000
const frameLength = 256 * 1024
/** Gathered beyond this, the writer waits. */
const gatheredMax = { entries: 4_000, length: 1024 * 1024 }

/** The protocol of Nix's store, 1.34, as the greeting names it. */
const nixProtocol = 0x0122

export type Delivery = { delivered: true } | { delivered: false; reason: string }

export class LogSocket {
  readonly #options: LogSocketOptions
  readonly #conversation: Conversation<LogPayload, never, ServiceInfo>
  readonly #limiter: LogLimiter
  readonly #startedAt = performance.now()
  #gathered: LogEntry[] = []
  #gatheredLength = 0
  #i = 0
  #ms = 0
  #flushing = false
  #refused = false
  #room = Promise.withResolvers<void>()

  constructor(options: LogSocketOptions) {
    this.#options = options
    this.#limiter = new LogLimiter(options.limits)
    const url = socketUrl(options.bulkSocketBaseURL, '/api/v1/logs/build/socket')
    this.#conversation = new Conversation<LogPayload, never, ServiceInfo>({
      address: { url, token: options.logToken },
      frames: LogServerFrame,
      greet: () => ({
        oob: { tag: 'Hello', contents: { storeProtocolVersion: nixProtocol, clientProtocolVersion: nixProtocol } },
      }),
      receive: () => {},
      keepAlive: () => ({ tag: 'LogEntries', contents: [] }),
      timings: options.timings.socket,
      limit: { messages: framesUnderWay * 2, bytes: Infinity },
      log: options.log,
      signal: options.signal,
    })
    this.#conversation.outbox.onAcknowledged = () => this.#flushSoon()
    void this.#conversation.ended.then((end) => this.#ended(end.how === 'refused' ? end.reason : undefined))
  }

  /** Never loses an entry below the limits; resolves when the next is welcome. */
  write = (body: LogBody): Promise<void> => {
    if (this.#refused) return Promise.resolve()
    const ms = Math.floor(performance.now() - this.#startedAt)
    for (const piece of pieces(body)) {
      for (const entry of this.#limiter.take({ ...piece, ms })) this.#gather(entry)
    }
    this.#flushSoon()
    return this.#isFull() ? this.#room.promise : Promise.resolve()
  }

  /** Sends what is left and the end, waits until the server has it all (10 minutes at most, 4.9.8), and closes the line. */
  async end(): Promise<Delivery> {
    for (const entry of this.#limiter.end()) this.#gather(entry)
    await this.#flushAll()
    void this.#conversation.send({ tag: 'End', i: this.#i, ms: this.#ms })
    const inTime = await this.#deliveredWithin(this.#options.timings.logDeliveryMs)
    await this.#conversation.close()
    return inTime
  }

  /** Closes the line with whatever has not arrived. */
  async close(): Promise<void> {
    await this.#conversation.close()
  }

  async #deliveredWithin(ms: number): Promise<Delivery> {
    const stop = new AbortController()
    const late = pause(ms, stop.signal).then(
      () => `Could not push logs within ${Math.round(ms / 60_000)} minutes after completion`,
    )
    const ended = this.#conversation.ended.then((end) => (end.how === 'refused' ? end.reason : 'the agent stops'))
    const problem = await Promise.race([this.#conversation.outbox.empty().then(() => undefined), late, ended])
    stop.abort()
    return problem === undefined ? { delivered: true } : { delivered: false, reason: problem }
  }

  #gather(entry: TimedEntry): void {
    this.#gathered.push({ ...entry, i: this.#i++ })
    this.#gatheredLength += visibleLength(entry)
    this.#ms = entry.ms
  }

  #isFull(): boolean {
    return this.#gathered.length >= gatheredMax.entries || this.#gatheredLength >= gatheredMax.length
  }

  /** After the present turn, so that what comes together travels together. */
  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    setImmediate(() => {
      this.#flushing = false
      while (this.#gathered.length > 0 && this.#conversation.outbox.size < framesUnderWay) this.#sendFrame()
      if (!this.#isFull()) this.#openRoom()
    })
  }

  async #flushAll(): Promise<void> {
    while (this.#gathered.length > 0 && !this.#refused) {
      this.#sendFrame()
      await Promise.race([this.#conversation.outbox.room(), this.#conversation.ended])
      if (this.#options.signal.aborted) return
    }
  }

  #sendFrame(): void {
    let length = 0
    let count = 0
    while (count < entriesInFrame && count < this.#gathered.length && length < frameLength) {
      const entry = this.#gathered[count++]
      if (entry !== undefined) length += visibleLength(entry)
    }
    const contents = this.#gathered.splice(0, count)
    this.#gatheredLength -= length
    void this.#conversation.send({ tag: 'LogEntries', contents })
  }

  #openRoom(): void {
    this.#room.resolve()
    this.#room = Promise.withResolvers<void>()
  }

  /** Nobody reads any more: whoever waits goes on. */
  #ended(refusal: string | undefined): void {
    if (refusal !== undefined) this.#options.log.warn(`the server does not take the task's log: ${refusal}`)
    this.#refused = true
    this.#gathered = []
    this.#gatheredLength = 0
    this.#openRoom()
  }
}
