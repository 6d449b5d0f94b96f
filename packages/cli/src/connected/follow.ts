import { type Backoff, retry } from '@firn/base/backoff'
import { pause } from '@firn/base/loop'
import { awaySentence, type Connected, isAway } from './with-server.ts'

/** A server that is upgraded or restarted is waited for; one that is away for about five minutes is given up. */
export const whileAway: Backoff = { firstMs: 250, factor: 2, capMs: 5000, tries: 64 }

/** A lost piece of news costs this long. */
const lookEveryMs = 5000
/** News comes in bursts; one look serves what comes within this time. */
const gatherMs = 300

/**
 * Asks at once and after every change of a job (of anything, where no job is named), until `tell` says that this was the end.
 * A server that goes away is waited for.
 * @returns the last answer
 */
export async function follow<T>(
  server: Connected,
  jobId: string | undefined,
  { ask, tell }: { ask: () => Promise<T>; tell: (answer: T) => 'go on' | 'end' },
): Promise<T> {
  const { signal } = server
  await using news = listen(server, jobId)
  for (;;) {
    const answer = await askPatiently(server, ask)
    if (tell(answer) === 'end') return answer
    await news.next()
    await pause(gatherMs, signal)
    signal.throwIfAborted()
  }
}

/** Asks until there is an answer. @throws what the server refuses with, and when it stays away */
async function askPatiently<T>({ url, signal, aside }: Connected, ask: () => Promise<T>): Promise<T> {
  let isTold = false
  const answered = await retry({
    backoff: whileAway,
    signal,
    attempt: async () => {
      try {
        return { done: await ask() }
      } catch (error) {
        if (!isAway(error) || signal.aborted) throw error
        return { again: awaySentence(url) }
      }
    },
    onWait: (reason) => {
      if (!isTold) aside(`${reason} Waiting for it to return.`)
      isTold = true
    },
  })
  signal.throwIfAborted()
  if (!answered.ok) throw new Error(`${answered.reason} It has been away for minutes; this is where waiting ends.`)
  return answered.value
}

type News = AsyncDisposable & {
  /** Resolves at a change since the last call, after a while without any, and when the signal is aborted. */
  next(): Promise<void>
}

/** Listens for changes, and again when the connection breaks: what came in between counts as a change. */
function listen({ client, signal }: Connected, jobId: string | undefined): News {
  const closing = new AbortController()
  const until = AbortSignal.any([signal, closing.signal])
  let heard = new AbortController()
  const hearing = async () => {
    while (!until.aborted) {
      try {
        for await (const _ of await client.firn.live({ jobId }, { signal: until })) heard.abort()
      } catch (error) {
        // Whoever asks next is told of a refusal; a connection that broke is made again.
        if (!until.aborted && !isAway(error)) return
      }
      heard.abort()
      await pause(whileAway.firstMs * 4, until)
    }
  }
  const ended = hearing()
  return {
    async next() {
      await pause(lookEveryMs, AbortSignal.any([signal, heard.signal]))
      heard = new AbortController()
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      await ended
    },
  }
}
