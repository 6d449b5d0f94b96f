/**
 * An agent that does nothing by itself: a test moves each of its frames and requests, so that it can lose, repeat
 * and reorder what a real agent would only lose by bad luck. Both sides of the wire are typed by the contract.
 */
import { randomUUID } from 'node:crypto'
import type { BuildEvent } from '@firn/contract/agent/build-event'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { type LogPayload, LogServerFrame } from '@firn/contract/agent/log'
import type { AgentInfo } from '@firn/contract/agent/session'
import { type AgentFrame, type AgentPayload, ServerFrame, type ServerPayload } from '@firn/contract/agent/socket'
import type { TaskStatus } from '@firn/contract/agent/task'
import { WebSocket } from 'ws'
import type { z } from 'zod'
import type { Installation } from './installation.ts'

const silenceMsMax = 20_000

export const puppetInfo: AgentInfo = {
  hostname: 'puppet',
  agentVersion: 'puppet',
  nixVersion: '2.8.0',
  nixClientProtocolVersion: 289,
  nixDaemonProtocolVersion: 289,
  platforms: ['x86_64-linux'],
  systemFeatures: [],
  cachixPushCaches: [],
  pushCaches: [],
  substituters: [],
  concurrentTasks: 2,
  labels: {},
}

/** One end of a socket: what comes is kept until it is asked for. */
export type Line<In, Out> = {
  /** The next frame; rejects when the socket closes or stays silent. */
  next(): Promise<In>
  say(frame: Out): void
  /** Resolves with the code when the other side closes. */
  closed: Promise<number>
  /** Ends the connection as a broken line would. */
  drop(): void
}

async function openLine<In, Out>(url: string, token: string, schema: z.ZodType<In>): Promise<Line<In, Out>> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers: { authorization: `Bearer ${token}` } })
  const waiting: In[] = []
  let wake = () => {}
  const closed = new Promise<number>((resolve) =>
    socket.on('close', (code) => {
      wake()
      resolve(code)
    }),
  )
  socket.on('message', (data) => {
    waiting.push(schema.parse(JSON.parse(data.toString())))
    wake()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => {})
  return {
    async next() {
      const end = Date.now() + silenceMsMax
      while (waiting.length === 0) {
        if (socket.readyState === WebSocket.CLOSED) throw new Error('the server closed the socket')
        if (Date.now() > end) throw new Error('the server said nothing')
        await Promise.race([
          new Promise<void>((resolve) => (wake = resolve)),
          new Promise((resolve) => setTimeout(resolve, 1000).unref()),
        ])
      }
      return waiting.shift() as In
    },
    say: (frame) => socket.send(JSON.stringify(frame)),
    closed,
    drop: () => socket.terminate(),
  }
}

export type Puppet = {
  sessionToken: string
  /** Opens the socket and shakes hands; answers the line and how far the server has heard this run. */
  connect(hello?: { startId?: string; tasksInProgress?: string[] }): Promise<{ line: AgentLine; received: number }>
  /** Opens the socket without a word. */
  dial(): Promise<Line<ServerFrame, AgentFrame>>
  post(path: string, body: unknown): Promise<Response>
  get(path: string): Promise<Response>
  sendEvents(taskId: string, events: EvaluateEvent[]): Promise<Response>
  sendBuild(taskId: string, events: BuildEvent[]): Promise<Response>
  sendStatus(taskId: string, status: TaskStatus): Promise<Response>
  openLog(logToken: string): Promise<Line<LogServerFrame, object>>
}

export type AgentLine = Line<ServerFrame, AgentFrame> & {
  /** The next message of the server, acknowledged unless told otherwise. */
  task(options?: { ack?: boolean }): Promise<{ n: number; payload: ServerPayload }>
  tell(payload: AgentPayload): void
}

export const successful: TaskStatus = { tag: 'Successful', contents: [] }
export const terminated: TaskStatus = { tag: 'Terminated', contents: [] }

/** Joins with a new token of the installation's account. */
export async function joinPuppet(
  firn: Pick<Installation, 'url' | 'client'>,
  info: Partial<AgentInfo> = {},
): Promise<Puppet> {
  const [account] = await firn.client.accounts.list({})
  const { token } = await firn.client.joinTokens.create({ id: account?.id ?? '', description: 'puppet' })
  const agentInfo = { ...puppetInfo, ...info }
  const answer = await request(firn.url, token, 'agent/session', { agentInfo })
  if (!answer.ok) throw new Error(`joining failed: ${await answer.text()}`)
  const sessionToken = (await answer.json()) as string
  const post = (path: string, body: unknown) => request(firn.url, sessionToken, path, body)
  const dial = () => openLine<ServerFrame, AgentFrame>(`${firn.url}/api/v1/agent-socket`, sessionToken, ServerFrame)
  return {
    sessionToken,
    dial,
    post,
    get: (path) => fetch(`${firn.url}/api/v1/${path}`, { headers: { authorization: `Bearer ${sessionToken}` } }),
    sendEvents: (id, events) => post(`tasks/${id}/eval`, events),
    sendBuild: (id, events) => post(`tasks/${id}/build`, events),
    sendStatus: (id, status) => post(`tasks/${id}`, status),
    openLog: (logToken) => openLine(`${firn.url}/api/v1/logs/build/socket`, logToken, LogServerFrame),
    async connect({ startId = randomUUID(), tasksInProgress = [] } = {}) {
      const line = await dial()
      await line.next()
      line.say({
        tag: 'Oob',
        o: {
          tag: 'Hello',
          contents: { agentInfo, startInfo: { id: startId, startTime: new Date().toISOString() }, tasksInProgress },
        },
      })
      const ack = await line.next()
      if (ack.tag !== 'Ack') throw new Error(`expected an Ack, got ${ack.tag}`)
      return { line: agentLine(line, ack.n + 1), received: ack.n }
    },
  }
}

function agentLine(line: Line<ServerFrame, AgentFrame>, next: number): AgentLine {
  let n = next
  return {
    ...line,
    async task({ ack = true } = {}) {
      for (;;) {
        const frame = await line.next()
        if (frame.tag !== 'Msg') continue
        if (ack) line.say({ tag: 'Ack', n: frame.n })
        return { n: frame.n, payload: frame.p }
      }
    },
    tell: (payload) => line.say({ tag: 'Msg', n: n++, p: payload }),
  }
}

function request(url: string, token: string, path: string, body: unknown): Promise<Response> {
  return fetch(`${url}/api/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

/** A message of a log's writer. */
export function logMessage(n: number, p: LogPayload): object {
  return { tag: 'Msg', n, p }
}
