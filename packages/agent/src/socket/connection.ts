/**
 * One connection of a conversation, from the WebSocket's opening to its end (hercules-ci.md 4.4.3–4.4.5):
 *
 *   open ── server's Oob ──▶ our Oob ── server's Ack ──▶ unacknowledged messages again ──▶ Msg and Ack both ways
 */
import { once } from 'node:events'
import type { Frame } from '@firn/contract/agent/frame'
import { type RawData, WebSocket } from 'ws'
import { z } from 'zod'
import type { SocketTimings } from '../timings.ts'

/** `refused`: the server does not take the token (401, 403). */
export type ConnectionEnd = { how: 'lost' | 'refused'; reason: string }

/** What the two ends of a conversation keep when a connection ends. */
export type Peer<In, InOob> = {
  frames: z.ZodType<Frame<In, InOob>>
  /** Our answer to the server's greeting, or the reason why it cannot be talked to. */
  greet: (oob: InOob) => { oob: unknown } | { incompatible: string }
  /** The handshake is over: `acknowledged` is the number of the last message the server has. Returns what to send. */
  resume: (acknowledged: number) => readonly string[]
  acknowledged: (n: number) => void
  received: (n: number, message: In) => void
  /** Called each `keepAliveMs`. */
  keepAlive: () => void
}

export type Address = { url: string; token: string }

/** Codes with which Firn's server says that coming back is no use: token unknown, not allowed, log ended. */
const refusals = new Set([4401, 4403, 4409])

/** Tasks of large projects name ten thousands of paths. */
const frameMaxBytes = 256 * 1024 * 1024

export class Connection<In, InOob> {
  readonly #socket: WebSocket
  readonly #peer: Peer<In, InOob>
  readonly #timings: SocketTimings
  readonly #end = Promise.withResolvers<ConnectionEnd>()
  /** Resolves when the connection is over; never rejects. */
  readonly ended: Promise<ConnectionEnd> = this.#end.promise
  #state: 'opening' | 'greeted' | 'talking' | 'over' = 'opening'
  #heardAt = performance.now()
  /** since when a message waits for its acknowledgement */
  #waitingSince: number | undefined
  #timers: NodeJS.Timeout[] = []

  constructor({ url, token }: Address, peer: Peer<In, InOob>, timings: SocketTimings) {
    this.#peer = peer
    this.#timings = timings
    this.#socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${token}` },
      handshakeTimeout: timings.handshakeMs,
      maxPayload: frameMaxBytes,
      perMessageDeflate: false,
    })
    this.#listen()
    this.#timers.push(setTimeout(() => this.#handshakeTimeout(), timings.handshakeMs))
  }

  get talking(): boolean {
    return this.#state === 'talking'
  }

  /** Sends a message of the outbox; the caller has checked that the connection is `talking`. */
  send(text: string): void {
    this.#waitingSince ??= performance.now()
    this.#write(text)
  }

  /** The outbox is empty again, or what is in it has just been sent. */
  noteAcknowledged(stillWaiting: boolean): void {
    this.#waitingSince = stillWaiting ? performance.now() : undefined
  }

  /** Ends it in an orderly way, or by force when the server does not answer. */
  async close(): Promise<void> {
    this.#over({ how: 'lost', reason: 'closed by us' })
    if (this.#socket.readyState === WebSocket.CLOSED) return
    const closed = once(this.#socket, 'close').catch(() => {})
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close(1000)
    else this.#socket.terminate()
    const force = setTimeout(() => this.#socket.terminate(), 1000)
    await closed
    clearTimeout(force)
  }

  #listen(): void {
    this.#socket.on('message', (raw) => this.#hear(raw))
    this.#socket.on('error', (error) => this.#lose(error.message === '' ? String(error) : error.message))
    this.#socket.on('close', (code, reason) => {
      const how = refusals.has(code) ? 'refused' : 'lost'
      this.#over({ how, reason: `closed by the server (${[code, reason.toString()].join(' ').trim()})` })
    })
    this.#socket.on('unexpected-response', (request, response) => {
      const status = response.statusCode ?? 0
      request.destroy()
      const how = status === 401 || status === 403 ? 'refused' : 'lost'
      this.#over({ how, reason: `the server answered ${status} ${response.statusMessage ?? ''}`.trim() })
    })
  }

  #hear(raw: RawData): void {
    this.#heardAt = performance.now()
    if (this.#state === 'over') return
    const frame = this.#parse(raw)
    if (frame === undefined) return
    if (frame.tag === 'Exception') this.#lose(`the server says: ${frame.message}`)
    else if (this.#state === 'opening') this.#hearGreeting(frame)
    else if (this.#state === 'greeted') this.#hearResumption(frame)
    else this.#hearTalk(frame)
  }

  #parse(raw: RawData): Frame<In, InOob> | undefined {
    try {
      return this.#peer.frames.parse(JSON.parse(String(raw)))
    } catch (error) {
      const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error)
      this.#abandon(`a frame that is not understood: ${reason}`)
      return undefined
    }
  }

  #hearGreeting(frame: Frame<In, InOob>): void {
    const answer =
      frame.tag === 'Oob' ? this.#peer.greet(frame.o) : { incompatible: `${frame.tag} before the server's greeting` }
    if ('incompatible' in answer) this.#abandon(answer.incompatible)
    else {
      this.#write(JSON.stringify({ tag: 'Oob', o: answer.oob }))
      this.#state = 'greeted'
    }
  }

  #hearResumption(frame: Frame<In, InOob>): void {
    if (frame.tag === 'Ack') this.#talk(frame.n)
    else this.#abandon(`${frame.tag} where an Ack ends the handshake`)
  }

  #talk(acknowledged: number): void {
    this.#clearTimers()
    this.#state = 'talking'
    for (const text of this.#peer.resume(acknowledged)) this.send(text)
    const checkMs = Math.min(1000, this.#timings.silenceMs / 4, this.#timings.ackMs / 4)
    this.#timers.push(setInterval(() => this.#check(), checkMs))
    this.#timers.push(setInterval(() => this.#peer.keepAlive(), this.#timings.keepAliveMs))
  }

  #hearTalk(frame: Frame<In, InOob>): void {
    if (frame.tag === 'Ack') this.#peer.acknowledged(frame.n)
    if (frame.tag !== 'Msg') return
    this.#peer.received(frame.n, frame.p)
    this.#write(JSON.stringify({ tag: 'Ack', n: frame.n }))
  }

  #check(): void {
    const now = performance.now()
    const { silenceMs, ackMs } = this.#timings
    if (now - this.#heardAt > silenceMs) this.#lose(`nothing was heard for ${silenceMs / 1000} s`)
    else if (this.#waitingSince !== undefined && now - this.#waitingSince > ackMs) {
      this.#lose(`a message was not acknowledged for ${ackMs / 1000} s`)
    }
  }

  #handshakeTimeout(): void {
    this.#lose(`no handshake within ${this.#timings.handshakeMs / 1000} s`)
  }

  #write(text: string): void {
    this.#socket.send(Buffer.from(text), { binary: true }, () => {}) // its failure comes as 'error' or 'close' too
  }

  /** The other side is told why. */
  #abandon(reason: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#write(JSON.stringify({ tag: 'Exception', message: reason }))
    this.#lose(reason)
  }

  #lose(reason: string): void {
    this.#over({ how: 'lost', reason })
  }

  #over(end: ConnectionEnd): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#clearTimers()
    this.#end.resolve(end)
  }

  #clearTimers(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer)
  }
}
