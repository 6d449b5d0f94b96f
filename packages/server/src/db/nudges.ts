import { EventEmitter } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/**
 * Wakes those who wait for a change, in this process at once and in other replicas soon. A nudge carries nothing
 * to rely on and may be lost: whoever listens also looks by itself.
 */
export type Nudges = {
  /** Tells everybody that listens to `topic`. Call it after the commit. */
  send(topic: string): void
  /** Listens; the answer ends it. */
  on(topic: string, hear: () => void): () => void
  close(): Promise<void>
}

const channel = 'firn'
/** NOTIFY takes a lock that serialises commits, so each replica gathers its topics and sends them this often. */
const gatherMs = 20
const payloadBytesMax = 7000

export function openNudges(url: string, onError: (error: unknown) => void): Nudges {
  const local = new EventEmitter()
  local.setMaxListeners(0)
  const pending = new Set<string>()
  const closing = new AbortController()
  let client: pg.Client | undefined
  let gathering = false

  const flush = async () => {
    await delay(gatherMs)
    gathering = false
    // Whoever is stopping has nothing to say that others would not find by themselves.
    if (closing.signal.aborted) return
    const topics = [...pending]
    pending.clear()
    for (const payload of inPayloads(topics)) await client?.query('select pg_notify($1, $2)', [channel, payload])
  }

  const keepListening = async () => {
    while (!closing.signal.aborted) {
      try {
        await listen(url, (opened) => (client = opened), local, closing.signal)
      } catch (error) {
        if (!closing.signal.aborted) onError(error)
      }
      client = undefined
      await delay(1000, undefined, { signal: closing.signal }).catch(() => {})
    }
  }
  const ended = keepListening()

  return {
    send(topic) {
      local.emit(topic)
      pending.add(topic)
      if (gathering || closing.signal.aborted) return
      gathering = true
      flush().catch((error) => {
        if (!closing.signal.aborted) onError(error)
      })
    },
    on(topic, hear) {
      local.on(topic, hear)
      return () => local.off(topic, hear)
    },
    async close() {
      closing.abort()
      await ended
    },
  }
}

async function listen(
  url: string,
  opened: (client: pg.Client) => void,
  local: EventEmitter,
  signal: AbortSignal,
): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'firn-nudges', keepAlive: true })
  const lost = new Promise<void>((resolve) => client.on('end', resolve))
  client.on('error', () => {})
  await client.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const own = rows[0]?.pid
  client.on('notification', ({ processId, payload }) => {
    if (processId !== own) for (const topic of (payload ?? '').split('\n')) local.emit(topic)
  })
  await client.query(`listen ${channel}`)
  opened(client)
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  if (!signal.aborted) await Promise.race([lost, aborted])
  await client.end().catch(() => {})
}

function inPayloads(topics: string[]): string[] {
  const payloads: string[] = []
  for (const topic of topics) {
    const last = payloads.at(-1)
    if (last === undefined || last.length + topic.length > payloadBytesMax) payloads.push(topic)
    else payloads[payloads.length - 1] = `${last}\n${topic}`
  }
  return payloads
}
