/**
 * A simulated agent that speaks the published form of the protocol, exactly (hercules-ci.md 4.4–4.9), or as Firn's own agents do while
 * builds are over soon: it keeps tasks ahead and tells of builds together (contract/agent/brief.ts), by the code of the agent itself.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { gatherBriefs, type TellBrief } from '@firn/agent/task/gather-briefs'
import { Slots } from '@firn/agent/task/slots'
import { declined, successful } from '@firn/agent/task/status'
import { agentTimings } from '@firn/agent/timings'
import type { BuildEvent } from '@firn/contract/agent/build-event'
import type { AgentLoad } from '@firn/contract/agent/load'
import type { LogEntry } from '@firn/contract/agent/log'
import type { AgentInfo } from '@firn/contract/agent/session'
import type { AgentPayload, ServerFrame } from '@firn/contract/agent/socket'
import type { BuildTask } from '@firn/contract/agent/task'
import { WebSocket } from 'ws'
import { outputOf } from './graph.ts'
import { post } from './requests.ts'

export type Form = 'published' | 'brief'

/** What a simulated agent needs, and where it tells what it did. */
export type AgentPlace = {
  url: string
  session: string
  info: AgentInfo
  form: Form
  buildMs: () => number
  completed: () => void
  waited: (ms: number) => void
  failed: (error: unknown) => void
}

/** hercules-ci.md 4.4.5 */
const pingEveryMs = 30_000

export class SimulatedAgent {
  readonly #place: AgentPlace
  readonly #socket: WebSocket
  readonly #online = Promise.withResolvers<void>()
  readonly online: Promise<void> = this.#online.promise
  /** since when each free slot is free; those that never had a build are not in it */
  readonly #freeSince: number[] = []
  readonly #unacknowledged = new Map<number, () => void>()
  readonly #slots: Slots
  readonly #tellBrief: TellBrief
  #loadTimer: NodeJS.Timeout | undefined
  #n = 0

  constructor(place: AgentPlace) {
    this.#place = place
    const { patienceMs, gatherMs } = agentTimings
    this.#slots = new Slots({ slots: place.info.concurrentTasks, patienceMs, drain: never })
    this.#slots.onAhead = () => (this.#loadTimer ??= setTimeout(() => this.#tellLoad(), loadMs))
    this.#tellBrief = gatherBriefs({ gatherMs, isBusy: () => this.#slots.waiting > 0 })
    this.#socket = openSocket(place, '/api/v1/agent-socket', place.session)
    this.#socket.on('message', (data) => this.#hear(JSON.parse(data.toString())))
    const ping = setInterval(() => this.#say({ tag: 'Msg', n: this.#n++, p: { tag: 'Ping' } }), pingEveryMs)
    this.#socket.on('close', () => clearInterval(ping))
    this.#socket.on('close', (code) => place.failed(new Error(`the agent's socket was closed (${code})`)))
  }

  #hear(frame: ServerFrame): void {
    if (frame.tag === 'Oob') this.#say({ tag: 'Oob', o: this.#hello() })
    if (frame.tag === 'Ack') this.#acknowledged(frame.n)
    if (frame.tag !== 'Msg') return
    this.#say({ tag: 'Ack', n: frame.n })
    if (frame.p.tag !== 'StartBuild') return
    const work = this.#place.form === 'published' ? this.#tellPublished : this.#tellBriefly
    work.call(this, frame.p.contents).catch(this.#place.failed)
  }

  #hello(): AgentPayload {
    const startInfo = { id: randomUUID(), startTime: new Date().toISOString() }
    return { tag: 'Hello', contents: { agentInfo: this.#place.info, startInfo, tasksInProgress: [] } }
  }

  #acknowledged(n: number): void {
    if (n === -1) this.#online.resolve()
    for (const [said, taken] of this.#unacknowledged) if (said <= n && this.#unacknowledged.delete(said)) taken()
  }

  #takeSlot(): void {
    const freed = this.#freeSince.shift()
    if (freed !== undefined) this.#place.waited(performance.now() - freed)
  }

  #leaveSlot(): void {
    this.#freeSince.push(performance.now())
  }

  async #pause(): Promise<number> {
    const ms = this.#place.buildMs()
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
    return ms
  }

  async #tellPublished(task: BuildTask): Promise<void> {
    const { url, session } = this.#place
    this.#takeSlot()
    const started: AgentPayload = { tag: 'Started', contents: { taskId: task.id } }
    this.#say({ tag: 'Msg', n: this.#n++, p: started })
    await this.#pause()
    await sendLog(this.#place, task.logToken)
    await post(`${url}/api/v1/tasks/${task.id}/build`, session, eventsOf(task))
    await post(`${url}/api/v1/tasks/${task.id}`, session, successful)
    this.#leaveSlot()
    this.#place.completed()
  }

  async #tellBriefly(task: BuildTask): Promise<void> {
    const { id: taskId, logToken } = task
    const { url, session } = this.#place
    const place = await this.#slots.take('build', never)
    if ('late' in place)
      return await post(`${url}/api/v1/tasks/${taskId}`, session, declined(place.late)).then(() => {})
    this.#takeSlot()
    const ms = Math.round(await this.#pause())
    this.#leaveSlot()
    place.leave()
    const brief = { taskId, logToken, ms, log: [...logEntries], events: eventsOf(task), status: successful }
    await this.#tellBrief(brief, (payload) => this.#deliver(payload))
    this.#place.completed()
  }

  #deliver(p: AgentPayload): Promise<void> {
    const n = this.#n++
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#unacknowledged.set(n, resolve)
    this.#say({ tag: 'Msg', n, p })
    return promise
  }

  #tellLoad(): void {
    this.#loadTimer = undefined
    const load: AgentLoad = { ...idleMachine, ahead: this.#slots.ahead }
    this.#say({ tag: 'Msg', n: this.#n++, p: { tag: 'Ping', firn: { load } } })
  }

  #say(frame: object): void {
    this.#socket.send(JSON.stringify(frame))
  }
}

/** As long as an agent takes to measure its machine. */
const loadMs = 20

const never = new AbortController().signal

const idleMachine: AgentLoad = {
  average: 0,
  cpus: 4,
  memory: { freeMegabytes: 1000, totalMegabytes: 1000 },
  disks: [],
  draining: false,
}

function eventsOf({ derivationPath: deriver }: BuildTask): BuildEvent[] {
  const output = { deriver, name: 'out', path: outputOf(deriver), hash: 'sha256:0', size: 4096, references: [] }
  return [
    { tag: 'OutputInfo', contents: output },
    { tag: 'Done', contents: true },
  ]
}

/** A log of a few lines on a socket of its own, until the server has it. */
async function sendLog(place: AgentPlace, logToken: string): Promise<void> {
  const socket = openSocket(place, '/api/v1/logs/build/socket', logToken)
  const hello = { tag: 'Hello', contents: { storeProtocolVersion: 0x122, clientProtocolVersion: 0x122 } }
  const messages = [
    { tag: 'LogEntries', contents: logEntries },
    { tag: 'End', i: logEntries.length, ms: 2 },
  ]
  socket.on('message', (data) => {
    const frame: ServerFrame = JSON.parse(data.toString())
    if (frame.tag === 'Oob') socket.send(JSON.stringify({ tag: 'Oob', o: hello }))
    if (frame.tag !== 'Ack') return
    if (frame.n === -1) for (const [n, p] of messages.entries()) socket.send(JSON.stringify({ tag: 'Msg', n, p }))
    if (frame.n === messages.length - 1) socket.close()
  })
  await once(socket, 'close')
}

const logEntries: readonly LogEntry[] = [
  { tag: 'Start', i: 0, ms: 0, act: 1, level: 3, typ: 105, text: 'building', fields: [], parent: 0 },
  { tag: 'Result', i: 1, ms: 1, act: 1, rtype: 104, fields: ['buildPhase'] },
  { tag: 'Result', i: 2, ms: 1, act: 1, rtype: 101, fields: ['a line that the builder prints'] },
  { tag: 'Stop', i: 3, ms: 2, act: 1 },
]

export function openSocket({ url, failed }: AgentPlace, path: string, token: string): WebSocket {
  const headers = { authorization: `Bearer ${token}` }
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${path}`, { headers, perMessageDeflate: false })
  socket.on('error', failed)
  return socket
}
