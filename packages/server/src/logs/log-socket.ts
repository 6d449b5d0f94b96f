import type { Log } from '@firn/base/log'
import { pause } from '@firn/base/loop'
import { LogAgentFrame, type LogEntry, type LogServerFrame } from '@firn/contract/agent/log'
import type { ServiceInfo } from '@firn/contract/agent/session'
import type { RawData, WebSocket } from 'ws'
import type { LogWriter } from './append.ts'
import { readEntries } from './lines.ts'

/** Small messages are gathered for so long before they are kept, so that a chatty build costs few transactions. */
const gatherMs = 40
/** With more than this waiting, the agent is not read from until some of it is kept. */
const waitingBytesMax = 1024 * 1024
const helloWithinMs = 30_000

export type LogSocketNeeds = {
  logWriter: LogWriter
  serviceInfo: ServiceInfo
  log: Log
  /** Hears of what was kept: entries of the protocol, and bytes as they came. */
  logKept: (entries: number, bytes: number) => void
}

type Waiting = { n: number; entries: LogEntry[]; end: boolean; bytes: number }

/**
 * One writer's connection to a log (hercules-ci.md 4.9): takes numbered messages, keeps them, acknowledges what is
 * durable. A writer that comes back is told how far the log has come and goes on from there.
 */
export async function acceptLogSocket(needs: LogSocketNeeds, socket: WebSocket, logId: string): Promise<void> {
  const closed = new AbortController()
  socket.on('close', () => closed.abort())
  socket.on('error', () => socket.terminate())
  const say = (frame: LogServerFrame) => socket.send(JSON.stringify(frame))

  const incoming = readMessages(socket, closed.signal, (error) => {
    needs.log.warn(
      { task: logId, err: error },
      'the writer of a log said what is not a frame of the protocol: its connection is closed',
    )
    socket.close(4400, 'not a frame of the log protocol')
  })
  say({ tag: 'Oob', o: needs.serviceInfo })
  const log = await needs.logWriter.find(logId)
  if (!(await incoming.hello(helloWithinMs)) || log === undefined) return socket.terminate()

  let received = log.received_n
  let ended = false
  say({ tag: 'Ack', n: received })
  while (!closed.signal.aborted) {
    const batch = await incoming.take()
    if (batch.length === 0) break
    const fresh = batch.filter((message) => message.n > received)
    const last = fresh.at(-1)
    if (last) {
      if (fresh.length !== last.n - received) return socket.close(4400, 'message numbers have a gap')
      const kept = await needs.logWriter.append(logId, {
        after: received,
        n: last.n,
        ...readEntries(fresh.flatMap((message) => message.entries)),
        end: fresh.some((message) => message.end),
      })
      if (!kept) return sendAway(needs, socket, logId)
      received = last.n
      ended = fresh.some((message) => message.end)
      for (const { entries, bytes } of fresh) needs.logKept(entries.length, bytes)
    }
    say({ tag: 'Ack', n: received })
    if (!ended) await pause(gatherMs, closed.signal)
  }
}

/**
 * Another connection of the writer was still being heard, as after a line that broke: it is to come again and be told how
 * far the log has come. Of an ended log nothing more is taken.
 */
async function sendAway({ logWriter }: LogSocketNeeds, socket: WebSocket, logId: string): Promise<void> {
  const log = await logWriter.find(logId)
  if (log === undefined || log.ended_at !== null) socket.close(4409, 'this log has ended')
  else socket.close(4408, 'this log has come further: come again')
}

/** The messages of a socket, gathered until somebody takes them; the socket is paused while too much waits. */
function readMessages(socket: WebSocket, closed: AbortSignal, onBadFrame: (error: unknown) => void) {
  let waiting: Waiting[] = []
  let bytes = 0
  let greeted = false
  let wake = () => {}

  const hear = (data: RawData) => {
    const text = data.toString()
    const frame = LogAgentFrame.parse(JSON.parse(text))
    if (frame.tag === 'Oob') greeted = true
    else if (frame.tag === 'Msg') {
      const end = frame.p.tag === 'End'
      waiting.push({
        n: frame.n,
        entries: frame.p.tag === 'LogEntries' ? frame.p.contents : [],
        end,
        bytes: text.length,
      })
      bytes += text.length
      if (bytes > waitingBytesMax) socket.pause()
    }
    wake()
  }
  socket.on('message', (data) => {
    try {
      hear(data)
    } catch (error) {
      onBadFrame(error)
    }
  })

  closed.addEventListener('abort', () => wake(), { once: true })
  const heard = () => new Promise<void>((resolve) => (wake = resolve))
  return {
    async hello(withinMs: number): Promise<boolean> {
      let late = false
      const timer = setTimeout(() => {
        late = true
        wake()
      }, withinMs)
      while (!greeted && !late && !closed.aborted) await heard()
      clearTimeout(timer)
      return greeted
    },
    /** What has come, in order; empty when the socket has closed and nothing is left. */
    async take(): Promise<Waiting[]> {
      while (waiting.length === 0 && !closed.aborted) await heard()
      const taken = waiting
      waiting = []
      bytes = 0
      socket.resume()
      return taken
    },
  }
}
