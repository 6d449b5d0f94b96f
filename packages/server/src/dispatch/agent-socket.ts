import { setTimeout as delay } from 'node:timers/promises'
import { startLoop } from '@firn/base/loop'
import type { Hello, ServiceInfo } from '@firn/contract/agent/session'
import { AgentFrame, type ServerFrame, type ServerPayload } from '@firn/contract/agent/socket'
import type { RawData, WebSocket } from 'ws'
import type { Reads } from '../db/connect.ts'
import { now } from '../db/now.ts'
import { transact } from '../db/transact.ts'
import { announce } from '../outbox/announce.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { agentTopic } from './assign.ts'
import { cancelTopic } from './cancel-tasks.ts'
import type { EndNeeds } from './end-task.ts'
import { dispatchTopic } from './enqueue.ts'
import { type Greeted, greetAgent } from './greet-agent.ts'
import { hearAgent } from './hear-agent.ts'
import { dropMessages, messagesAfter } from './store.ts'
import type { TaskRow, TaskSteps } from './task.ts'

const helloWithinMs = 30_000
/** The agent pings each 30 s; silence for longer than this is a dead line. */
const silenceMsMax = 75_000
/** An open connection is noted in the session this often. */
const seenEveryMs = 10_000

export type AgentSocketNeeds = EndNeeds & { serviceInfo: ServiceInfo; onError: (error: unknown) => void }

/**
 * One connection of an agent (hercules-ci.md 4.4): handshake, then messages both ways until it closes. What is
 * unacknowledged stays in the database and is said again on the next connection, here or at another replica.
 */
export async function acceptAgentSocket(needs: AgentSocketNeeds, socket: WebSocket, sessionId: string): Promise<void> {
  const frames = readFrames(socket, needs.onError)
  const say = (frame: ServerFrame) => socket.send(JSON.stringify(frame))
  say({ tag: 'Oob', o: { tag: 'ServiceInfo', contents: needs.serviceInfo } })

  const first = await Promise.race([frames.next(), delay(helloWithinMs, undefined, { ref: false })])
  const hello = first?.value?.tag === 'Oob' && first.value.o.tag === 'Hello' ? first.value.o.contents : undefined
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

type Frames = AsyncGenerator<AgentFrame, undefined>

async function converse(
  needs: AgentSocketNeeds,
  at: { sessionId: string; startId: string },
  { frames, say }: { frames: Frames; say: (frame: ServerFrame) => void },
): Promise<void> {
  for await (const frame of frames) {
    if (frame.tag === 'Ack') await dropMessages(needs.db, at.startId, frame.n)
    if (frame.tag === 'Exception') return
    if (frame.tag !== 'Msg') continue
    if (!(await hearAgent(needs, { ...at, n: frame.n }, frame.p))) return
    say({ tag: 'Ack', n: frame.n })
  }
}

type Sending = { socket: WebSocket; startId: string; connectionId: string; signal: AbortSignal }

/** Says what is to be said to this run of the agent, when nudged and every few seconds. */
function startSending(
  { db, nudges, steps, onError }: AgentSocketNeeds,
  { socket, startId, connectionId, signal }: Sending,
): Promise<void> {
  let said = -1
  let seenAt = 0
  const turn = async () => {
    if (await isRevoked(db, startId)) return socket.close(4401, 'this session was revoked')
    if (Date.now() - seenAt > seenEveryMs) {
      seenAt = Date.now()
      await db.updateTable('agent_session').set({ last_seen: now }).where('connection_id', '=', connectionId).execute()
    }
    for (;;) {
      const messages = await messagesAfter(db, startId, said)
      for (const { n, say, ...task } of messages) {
        const payload = await render(db, steps, task, say)
        const frame: ServerFrame = { tag: 'Msg', n, p: payload }
        socket.send(JSON.stringify(frame))
        said = n
      }
      if (messages.length < 100) return
    }
  }
  const loop = startLoop({ everyMs: 5000, signal, turn, onError })
  const offs = [agentTopic(startId), cancelTopic].map((topic) => nudges.on(topic, loop.nudge))
  return loop.ended.then(() => {
    for (const off of offs) off()
  })
}

async function isRevoked(db: Reads, startId: string): Promise<boolean> {
  const row = await db
    .selectFrom('agent_conversation')
    .innerJoin('agent_session', 'agent_session.id', 'agent_conversation.session_id')
    .select('agent_session.revoked_at')
    .where('agent_conversation.start_id', '=', startId)
    .executeTakeFirst()
  return row?.revoked_at != null
}

/** A start that nobody wants any more is said as a Cancel, so that the numbers have no gap. */
async function render(db: Reads, steps: TaskSteps, task: TaskRow, say: 'start' | 'cancel'): Promise<ServerPayload> {
  const cancel: ServerPayload = { tag: 'Cancel', contents: { taskId: task.id } }
  if (say === 'cancel' || task.state === 'ended') return cancel
  return (await steps[task.kind].render(db, task)) ?? cancel
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

/** The frames of a socket, parsed; ends when it closes, says something else than frames, or falls silent. */
async function* readFrames(socket: WebSocket, onError: (error: unknown) => void): Frames {
  const waiting: AgentFrame[] = []
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
      waiting.push(AgentFrame.parse(JSON.parse(data.toString())))
    } catch (error) {
      onError(error)
      open = false
    }
    wake()
  })
  try {
    while (open || waiting.length > 0) {
      const frame = waiting.shift()
      if (frame) yield frame
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    clearTimeout(silence)
  }
  return undefined
}
