/**
 * A conversation with the server that outlives its connections: each message arrives once and in order, whatever happens
 * to the line (hercules-ci.md 4.4.4). Both sockets of an agent are such conversations: the agent's own, and one a log.
 */
import { jittered, waitAfter } from '@firn/base/backoff'
import type { Log } from '@firn/base/log'
import { pause } from '@firn/base/loop'
import type { Frame } from '@firn/contract/agent/frame'
import type { z } from 'zod'
import type { SocketTimings } from '../timings.ts'
import { type Address, Connection, type Peer } from './connection.ts'
import { Outbox, type OutboxLimit, outboxLimit, type Unacknowledged } from './outbox.ts'

export type ConversationOptions<Out, In, InOob> = {
  address: Address
  frames: z.ZodType<Frame<In, InOob>>
  greet: Peer<In, InOob>['greet']
  receive: (message: In) => void
  keepAlive: () => Out
  timings: SocketTimings
  limit?: OutboxLimit
  log: Log
  /** told each time a handshake is over */
  onConnected?: () => void
  /** ends it at once */
  signal: AbortSignal
}

/** `refused`: the server does not take the token any more. */
export type ConversationEnd = { how: 'stopped' } | { how: 'refused'; reason: string }

export class Conversation<Out, In, InOob> {
  readonly outbox: Outbox<Out>
  readonly #options: ConversationOptions<Out, In, InOob>
  readonly #stop = new AbortController()
  #connection: Connection<In, InOob> | undefined
  #lastReceived = -1
  /** Resolves when no connection will be tried any more; never rejects. */
  readonly ended: Promise<ConversationEnd>

  constructor(options: ConversationOptions<Out, In, InOob>) {
    this.#options = options
    this.outbox = new Outbox(options.limit ?? outboxLimit)
    this.ended = this.#keepConnected(AbortSignal.any([options.signal, this.#stop.signal]))
  }

  /** Whether what is sent now goes out now. */
  get connected(): boolean {
    return this.#connection?.talking ?? false
  }

  /** Puts a message on its way; resolves when there is room for the next. */
  send(payload: Out): Promise<void> {
    this.#push(payload)
    return this.outbox.room()
  }

  /** Puts a message on its way; resolves when the other side has it. */
  deliver(payload: Out): Promise<void> {
    return this.#push(payload).taken.promise
  }

  #push(payload: Out): Unacknowledged {
    const message = this.outbox.push(payload)
    if (this.#connection?.talking) this.#connection.send(message.text)
    return message
  }

  /** Closes the line, whether or not everything has arrived. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.ended
  }

  async #keepConnected(signal: AbortSignal): Promise<ConversationEnd> {
    const { timings, log } = this.#options
    for (let failed = 1; !signal.aborted; failed++) {
      const { end, talked } = await this.#oneConnection(signal)
      if (signal.aborted) break
      if (end.how === 'refused') return { how: 'refused', reason: end.reason }
      if (talked) failed = 1
      const ms = jittered(waitAfter(failed, timings.reconnect) ?? timings.reconnect.capMs)
      log.warn({ url: this.#options.address.url, retryMs: Math.round(ms) }, `the connection is lost: ${end.reason}`)
      await pause(ms, signal)
    }
    return { how: 'stopped' }
  }

  async #oneConnection(signal: AbortSignal) {
    let talked = false
    const peer: Peer<In, InOob> = {
      frames: this.#options.frames,
      greet: this.#options.greet,
      resume: (n) => {
        talked = true
        return this.#resume(n)
      },
      acknowledged: (n) => this.#acknowledged(n),
      received: (n, message) => this.#received(n, message),
      keepAlive: () => void this.send(this.#options.keepAlive()),
    }
    const connection = new Connection(this.#options.address, peer, this.#options.timings)
    this.#connection = connection
    const stop = () => void connection.close()
    signal.addEventListener('abort', stop, { once: true })
    const end = await connection.ended
    signal.removeEventListener('abort', stop)
    this.#connection = undefined
    await connection.close()
    return { end, talked }
  }

  #resume(acknowledged: number): string[] {
    this.outbox.acknowledge(acknowledged)
    this.#options.onConnected?.()
    return this.outbox.unacknowledged().map(({ text }) => text)
  }

  #acknowledged(n: number): void {
    this.outbox.acknowledge(n)
    this.#connection?.noteAcknowledged(this.outbox.size > 0)
  }

  /** What came before is dropped: the server sends again what it has no acknowledgement for. */
  #received(n: number, message: In): void {
    if (n <= this.#lastReceived) return
    this.#lastReceived = n
    this.#options.receive(message)
  }
}
