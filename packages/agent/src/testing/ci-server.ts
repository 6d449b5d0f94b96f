/**
 * A CI server at the far end of the wire, for tests of the agent: speaks the published protocol (hercules-ci.md 4.3–4.9)
 * and remembers what it heard. It can be as nasty as the line and the server may be: drop connections, keep
 * acknowledgements back, answer 503, forget sessions.
 */
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { BriefBuild } from '@firn/contract/agent/brief'
import { BuildEvent } from '@firn/contract/agent/build-event'
import { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import type { AgentLoad } from '@firn/contract/agent/load'
import { LogAgentFrame, type LogEntry } from '@firn/contract/agent/log'
import { CreateSession, type Hello, type ServiceInfo, StartInfo } from '@firn/contract/agent/session'
import { AgentFrame, type AgentPayload, type ServerPayload } from '@firn/contract/agent/socket'
import { TaskStatus } from '@firn/contract/agent/task'
import { type WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'

type Conversation = { received: number; next: number; unacknowledged: { n: number; payload: ServerPayload }[] }

export type TaskRecord = {
  started: number
  cancelled: number
  batches: EvaluateEvent[][]
  buildEvents: BuildEvent[]
  statuses: TaskStatus[]
}

export type LogRecord = {
  entries: LogEntry[]
  received: number
  end: { i: number; ms: number } | undefined
  frames: number
}

export class CiServer {
  readonly #http: Server
  readonly #sockets = new WebSocketServer({ noServer: true })
  readonly #changed = new EventEmitter().setMaxListeners(0)
  readonly #conversations = new Map<string, Conversation>()
  readonly #agents = new Map<WebSocket, string>()
  readonly #tasks = new Map<string, TaskRecord>()
  readonly #logs = new Map<string, LogRecord>()
  readonly #files = new Map<string, Buffer>()
  readonly #sessions = new Set<string>()
  readonly hellos: Hello[] = []
  readonly goodbyes: StartInfo[] = []
  readonly pings: string[] = []
  readonly loads: AgentLoad[] = []
  readonly briefs: BriefBuild[] = []
  joinTokens = new Set<string>()
  /** of `agent/eval-build`, by derivation */
  readonly evalBuilds = new Map<string, [string, string]>()
  serviceVersion: [number, number] = [2, 0]
  /** the server says that it understands what Firn adds */
  extended: false | number = false
  /** the next so many requests are answered so */
  failing: { left: number; status: number } = { left: 0, status: 503 }
  withholdAgentAcks = false
  withholdLogAcks = false
  /** whether messages to the agent are said on new connections */
  silent = false
  requests = 0

  constructor() {
    this.#http = createServer((request, response) => void this.#answer(request, response))
    this.#http.on('upgrade', (request, socket, head) => {
      const token = bearerOf(request)
      const isLog = request.url === '/api/v1/logs/build/socket'
      if (!isLog && !this.#sessions.has(token)) return socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n')
      this.#sockets.handleUpgrade(request, socket, head, (ws) =>
        isLog ? this.#acceptLog(ws, token) : this.#acceptAgent(ws),
      )
    })
  }

  async listen(): Promise<void> {
    this.#http.listen(0, '127.0.0.1')
    await once(this.#http, 'listening')
  }

  get url(): string {
    const address = this.#http.address()
    if (address === null || typeof address === 'string') throw new Error('the server does not listen')
    return `http://127.0.0.1:${address.port}`
  }

  /** A token in the shape of a JWT, with this id. */
  addJoinToken(id: string): string {
    const token = jwt({ sub: `t$${id}` })
    this.joinTokens.add(token)
    return token
  }

  /** The session is not known any more. */
  revokeSessions(): void {
    this.#sessions.clear()
    this.dropConnections()
  }

  /** Serves a file below `/files/`. */
  serve(name: string, contents: Buffer): string {
    this.#files.set(`/files/${name}`, contents)
    return `${this.url}/files/${name}`
  }

  dropConnections(): void {
    for (const socket of this.#sockets.clients) socket.terminate()
  }

  /** Says something to every run of the agent, in order, now or on its next connection. */
  say(payload: ServerPayload): void {
    for (const [startId, conversation] of this.#conversations) {
      const message = { n: conversation.next++, payload }
      conversation.unacknowledged.push(message)
      for (const [socket, id] of this.#agents) if (id === startId) this.#send(socket, message)
    }
  }

  /** Says everything again that was said since the last acknowledgement, and `n` itself once more. */
  repeat(payload: ServerPayload, n: number): void {
    for (const socket of this.#agents.keys()) this.#send(socket, { n, payload })
  }

  task(id: string): TaskRecord {
    const record = this.#tasks.get(id) ?? { started: 0, cancelled: 0, batches: [], buildEvents: [], statuses: [] }
    this.#tasks.set(id, record)
    return record
  }

  log(token: string): LogRecord {
    const record = this.#logs.get(token) ?? { entries: [], received: -1, end: undefined, frames: 0 }
    this.#logs.set(token, record)
    return record
  }

  events(id: string): EvaluateEvent[] {
    return this.task(id).batches.flat()
  }

  /** Lines that a person would read. */
  logText(token: string): string {
    return this.log(token)
      .entries.flatMap((entry) => {
        if (entry.tag === 'Msg') return [entry.msg]
        return entry.tag === 'Result' && entry.rtype === 101 ? [String(entry.fields[0])] : []
      })
      .join('\n')
  }

  /** Resolves when the condition holds, looked at after each thing that happens. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.#changed, 'change')
  }

  async status(id: string): Promise<TaskStatus> {
    await this.until(() => this.task(id).statuses.length > 0)
    const [status] = this.task(id).statuses
    if (status === undefined) throw new Error('no status')
    return status
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.dropConnections()
    this.#sockets.close()
    this.#http.close()
    this.#http.closeAllConnections()
    await once(this.#http, 'close')
  }

  /** Something was changed from outside. */
  changed(): void {
    this.#changed.emit('change')
  }

  #serviceInfo(): ServiceInfo {
    const published = { version: this.serviceVersion, agentSocketBaseURL: this.url, bulkSocketBaseURL: this.url }
    return this.extended ? { ...published, firn: { extension: Number(this.extended) } } : published
  }

  #acceptAgent(socket: WebSocket): void {
    let conversation: Conversation | undefined
    socket.send(JSON.stringify({ tag: 'Oob', o: { tag: 'ServiceInfo', contents: this.#serviceInfo() } }))
    socket.on('message', (raw) => {
      const frame = AgentFrame.parse(JSON.parse(String(raw)))
      if (frame.tag === 'Oob' && frame.o.tag === 'Hello') conversation = this.#greet(socket, frame.o.contents)
      if (frame.tag === 'Ack' && conversation !== undefined) {
        conversation.unacknowledged = conversation.unacknowledged.filter(({ n }) => n > frame.n)
      }
      if (frame.tag === 'Msg' && conversation !== undefined) this.#hear(socket, conversation, frame)
      this.changed()
    })
    socket.on('close', () => {
      this.#agents.delete(socket)
      this.changed()
    })
  }

  #greet(socket: WebSocket, hello: Hello): Conversation {
    this.hellos.push(hello)
    const { id } = hello.startInfo
    const conversation = this.#conversations.get(id) ?? { received: -1, next: 0, unacknowledged: [] }
    this.#conversations.set(id, conversation)
    socket.send(JSON.stringify({ tag: 'Ack', n: conversation.received }))
    this.#agents.set(socket, id)
    if (!this.silent) for (const message of conversation.unacknowledged) this.#send(socket, message)
    return conversation
  }

  #hear(socket: WebSocket, conversation: Conversation, { n, p }: { n: number; p: AgentPayload }): void {
    if (this.withholdAgentAcks) return
    if (n > conversation.received) {
      if (n !== conversation.received + 1) throw new Error(`a gap before message ${n}`)
      conversation.received = n
      if (p.tag === 'Ping') this.pings.push(p.tag)
      if (p.tag === 'Ping' && p.firn !== undefined) this.loads.push(p.firn.load)
      if (p.tag === 'Started') this.task(p.contents.taskId).started++
      if (p.tag === 'FirnBuilt') this.briefs.push(...p.contents)
      if (p.tag === 'Cancelled') this.task(p.contents.taskId).cancelled++
    }
    socket.send(JSON.stringify({ tag: 'Ack', n }))
  }

  #send(socket: WebSocket, { n, payload }: { n: number; payload: ServerPayload }): void {
    socket.send(Buffer.from(JSON.stringify({ tag: 'Msg', n, p: payload })), { binary: true })
  }

  #acceptLog(socket: WebSocket, token: string): void {
    const log = this.log(token)
    socket.send(JSON.stringify({ tag: 'Oob', o: this.#serviceInfo() }))
    socket.on('message', (raw) => {
      const frame = LogAgentFrame.parse(JSON.parse(String(raw)))
      if (frame.tag === 'Oob') socket.send(JSON.stringify({ tag: 'Ack', n: log.received }))
      if (frame.tag === 'Msg' && !this.withholdLogAcks) {
        if (frame.n === log.received + 1) {
          log.received = frame.n
          log.frames++
          if (frame.p.tag === 'End') log.end = { i: frame.p.i, ms: frame.p.ms }
          else log.entries.push(...frame.p.contents)
        }
        socket.send(JSON.stringify({ tag: 'Ack', n: log.received }))
      }
      this.changed()
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests++
    const body = Buffer.concat(await Array.fromAsync(request)).toString()
    const [status, answer] = this.failing.left > 0 ? [this.failing.status, undefined] : this.#route(request, body)
    if (this.failing.left > 0) this.failing.left--
    if (Buffer.isBuffer(answer)) response.writeHead(status).end(answer)
    else
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(answer === undefined ? '' : JSON.stringify(answer))
    this.changed()
  }

  #route(request: IncomingMessage, body: string): [number, unknown] {
    const path = new URL(request.url ?? '/', this.url).pathname
    const file = this.#files.get(path)
    if (file !== undefined) return [200, file]
    const token = bearerOf(request)
    if (path === '/api/v1/agent/service-info') return [200, this.#serviceInfo()]
    if (path === '/api/v1/agent/session') return this.#makeSession(token, body)
    if (!this.#sessions.has(token)) return [401, { message: 'no such session' }]
    if (path === '/api/v1/agent/goodbye') {
      this.goodbyes.push(StartInfo.parse(JSON.parse(body)))
      return [204, undefined]
    }
    const drv = /^\/api\/v1\/agent\/eval-build\/(.+)$/.exec(path)?.[1]
    if (drv !== undefined) return [200, this.evalBuilds.get(decodeURIComponent(drv)) ?? null]
    const [, task, kind] = /^\/api\/v1\/tasks\/([^/]+)(?:\/(eval|build))?$/.exec(path) ?? []
    return task === undefined ? [404, undefined] : this.#report(task, kind, body)
  }

  #makeSession(joinToken: string, body: string): [number, unknown] {
    CreateSession.parse(JSON.parse(body))
    if (!this.joinTokens.has(joinToken)) return [401, { message: 'no such join token' }]
    const parent = z.object({ sub: z.string() }).parse(payloadOf(joinToken)).sub.slice(2)
    const session = jwt({ sub: `s$${this.#sessions.size}-${Math.random()}`, parent })
    this.#sessions.add(session)
    return [200, session]
  }

  #report(id: string, kind: string | undefined, body: string): [number, unknown] {
    const json: unknown = JSON.parse(body)
    if (kind === 'eval') this.task(id).batches.push(z.array(EvaluateEvent).max(1000).parse(json))
    else if (kind === 'build') this.task(id).buildEvents.push(...z.array(BuildEvent).parse(json))
    else this.task(id).statuses.push(TaskStatus.parse(json))
    return [204, undefined]
  }
}

function bearerOf(request: IncomingMessage): string {
  return /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
}

function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part(claims)}.signature`
}

function payloadOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}
