import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '@firn/base/log'
import { startLoop } from '@firn/base/loop'
import type { Hello, ServiceInfo } from '@firn/contract/agent/session'
import { AgentFrame, type AgentPayload, type ServerFrame } from '@firn/contract/agent/socket'
import { sql } from 'kysely'
import type { RawData, WebSocket } from 'ws'
import type { Db } from '../db/connect.ts'
import { now } from '../db/now.ts'
import { parseJson } from '../db/parse-json.ts'
import { transact } from '../db/transact.ts'
import { unhurried } from '../db/unhurried.ts'
import { announce } from '../outbox/announce.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { agentTopic } from './assign.ts'
import { cancelTopic } from './cancel-tasks.ts'
import type { EndNeeds } from './end-task.ts'
import { dispatchTopic } from './enqueue.ts'
import { type Greeted, greetAgent } from './greet-agent.ts'
import type { Mail } from './mail.ts'
import { readBriefs } from './read-brief.ts'
import type { RememberLoad } from './remember-load.ts'
import { revokedTopic } from './revoke-token.ts'
import type { TakeReports, TaskReport } from './take-reports.ts'

const helloWithinMs = 30_000
/** The agent pings each 30 s; silence for longer than this is a dead line. */
const silenceMsMax = 75_000
/** An open connection is noted in the session this often. */
const seenEveryMs = 10_000

export type AgentSocketNeeds = EndNeeds & {
  mail: Mail
  rememberLoad: RememberLoad
  takeReports: TakeReports
  key: Buffer
  serviceInfo: ServiceInfo
  onError: (error: unknown) => void
  log: Log
}

/**
 * One connection of an agent (hercules-ci.md 4.4): handshake, then messages both ways until it closes. What is
 * unacknowledged stays in the database and is said again on the next connection, here or at another replica.
 */
export async function acceptAgentSocket(needs: AgentSocketNeeds, socket: WebSocket, sessionId: string): Promise<void> {
  const frames = readFrames(socket, (error) => {
    needs.log.warn(
      { session: sessionId, err: error },
      'an agent said what is not a frame of the protocol: its connection is closed',
    )
    socket.close(4400, 'not a frame of the agent protocol')
  })
  const say = (frame: ServerFrame) => socket.send(JSON.stringify(frame))
  say({ tag: 'Oob', o: { tag: 'ServiceInfo', contents: needs.serviceInfo } })

  const first = await Promise.race([frames.next(), delay(helloWithinMs, undefined, { ref: false })])
  const hello = first?.value && helloOf(first.value)
  const greeted = hello && (await greetAgent(needs, sessionId, hello))
  if (hello === undefined || greeted === undefined) return socket.close(4400, 'expected a Hello of this session')
  say({ tag: 'Ack', n: greeted.received })

  const closed = new AbortController()
  const sending = startSending(needs, {
    socket,
    startId: hello.startInfo.id,
    connectionId: greeted.connectionId,
    signal: closed.signal,
  })
  try {
    await converse(needs, { sessionId, startId: hello.startInfo.id }, { frames, say })
  } finally {
    closed.abort()
    socket.close()
    await sending
    await forget(needs, { sessionId, hello, greeted })
  }
}

/** Until it is answered an agent says nothing but this. */
function helloOf([first, ...others]: AgentFrame[]): Hello | undefined {
  if (others.length > 0 || first?.tag !== 'Oob' || first.o.tag !== 'Hello') return undefined
  return first.o.contents
}

type Frames = AsyncGenerator<AgentFrame[], undefined>

/** Takes what has come since the last look together, and acknowledges it once: the last number stands for all (4.4.4). */
async function converse(
  needs: AgentSocketNeeds,
  { sessionId, startId }: { sessionId: string; startId: string },
  { frames, say }: { frames: Frames; say: (frame: ServerFrame) => void },
): Promise<void> {
  const { mail, rememberLoad, takeReports } = needs
  for await (const batch of frames) {
    const heard = batch.filter((frame) => frame.tag === 'Ack').at(-1)
    if (heard !== undefined) await mail.drop({ startId, n: heard.n })
    const messages = batch.filter((frame) => frame.tag === 'Msg')
    const load = messages.flatMap(({ p }) => (p.tag === 'Ping' && p.firn ? p.firn.load : [])).at(-1)
    if (load !== undefined) await rememberLoad({ sessionId, load })
    const reports = messages.map(({ p }) => reportsIn(needs, p))
    const taken = await Promise.all(
      messages.map(({ n }, place) =>
        takeReports({ sessionId, message: { startId, n }, reports: reports[place] ?? [] }),
      ),
    )
    const last = messages[taken.lastIndexOf(true)]
    if (last !== undefined) say({ tag: 'Ack', n: last.n })
    if (taken.includes(false) || batch.some((frame) => frame.tag === 'Exception')) return
  }
}

function reportsIn({ key }: AgentSocketNeeds, payload: AgentPayload): TaskReport[] {
  if (payload.tag === 'FirnBuilt') return readBriefs(key, payload.contents)
  return payload.tag === 'Started' ? [{ taskId: payload.contents.taskId, is: 'started', agoMs: 0 }] : []
}

type Sending = { socket: WebSocket; startId: string; connectionId: string; signal: AbortSignal }

/** Says what is to be said to this run of the agent, when nudged and every few seconds. */
function startSending(
  { db, nudges, mail, onError }: AgentSocketNeeds,
  { socket, startId, connectionId, signal }: Sending,
): Promise<void> {
  let said = -1
  let seenAt = 0
  const turn = async () => {
    if (Date.now() - seenAt > seenEveryMs) {
      seenAt = Date.now()
      if (await noteSeen(db, connectionId)) return socket.close(4401, 'this session was revoked')
    }
    for (;;) {
      const letters = await mail.read({ startId, after: said })
      for (const { n, payload } of letters) {
        const frame: ServerFrame = { tag: 'Msg', n, p: payload }
        socket.send(JSON.stringify(frame))
        said = n
      }
      if (letters.length < 100) return
    }
  }
  const loop = startLoop({ everyMs: 5000, signal, turn, onError })
  const lookAgain = () => {
    seenAt = 0
    loop.nudge()
  }
  const offs = [agentTopic(startId), cancelTopic].map((topic) => nudges.on(topic, loop.nudge))
  offs.push(nudges.on(revokedTopic, lookAgain))
  return loop.ended.then(() => {
    for (const off of offs) off()
  })
}

/** @returns whether its session was revoked meanwhile */
async function noteSeen(db: Db, connectionId: string): Promise<boolean> {
  const { rows } = await sql<{ revoked_at: Date | null }>`
    update agent_session set last_seen = now() from ${unhurried}
    where connection_id = ${connectionId} returning revoked_at`.execute(db)
  return rows[0]?.revoked_at != null
}

/** The connection is gone; the session goes on, and its tasks stay with it for a while. */
async function forget(
  { db, nudges }: AgentSocketNeeds,
  { sessionId, greeted }: { sessionId: string; hello: Hello; greeted: Greeted },
): Promise<void> {
  await transact(db, async (tx) => {
    const session = await tx
      .updateTable('agent_session')
      .set({ connection_id: null, gone_at: now })
      .where('id', '=', sessionId)
      .where('connection_id', '=', greeted.connectionId)
      .returning('account_id')
      .executeTakeFirst()
    if (session) await announce(tx, { kind: 'agents.changed', accountId: session.account_id })
  })
  nudges.send(outboxTopic)
  nudges.send(dispatchTopic)
}

/** The frames of a socket, parsed, as many as have come; ends when it closes, says something else than frames, or falls silent. */
async function* readFrames(socket: WebSocket, onBadFrame: (error: unknown) => void): Frames {
  let waiting: AgentFrame[] = []
  let open = true
  let wake = () => {}
  const shut = () => {
    open = false
    clearTimeout(silence)
    wake()
  }
  const silence = setTimeout(shut, silenceMsMax)
  socket.on('close', shut)
  socket.on('error', shut)
  socket.on('message', (data: RawData) => {
    silence.refresh()
    try {
      waiting.push(AgentFrame.parse(parseJson(data.toString())))
    } catch (error) {
      onBadFrame(error)
      open = false
    }
    wake()
  })
  try {
    while (open || waiting.length > 0) {
      const taken = waiting
      waiting = []
      if (taken.length > 0) yield taken
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    clearTimeout(silence)
  }
  return undefined
}
