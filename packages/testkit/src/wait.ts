import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '@firn/cli/client'

/** Between two questions: what is there soon is seen soon, and who waits for long does not keep busy whom they ask. */
const askAgainMs = { first: 25, most: 400, growth: 1.25 }

/**
 * Asks again until the answer is there, at most `withinMs`. For what only the API tells; where there is an event, await the event.
 * @throws with `what` when it never came
 */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>, withinMs = 60_000): Promise<T> {
  const end = Date.now() + withinMs
  for (let waitMs = askAgainMs.first; ; waitMs = Math.min(askAgainMs.most, waitMs * askAgainMs.growth)) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > end) throw new Error(`${what} did not happen within ${withinMs / 1000} s`)
    await delay(waitMs)
  }
}

/** Takes a server that cannot be reached just now, or says that its database cannot, for no answer; every other error is passed on. */
export function away(error: unknown): undefined {
  if (error instanceof TypeError && error.message === 'fetch failed') return undefined
  if (error instanceof Error && 'status' in error && error.status === 503) return undefined
  throw error
}

export type Commit = Awaited<ReturnType<Client['firn']['commit']>>

/** The jobs of a commit, once all have ended. */
export async function finishedCommit(client: Client, project: string, rev: string, withinMs?: number): Promise<Commit> {
  const at = { site: 'local', account: 'local', project }
  const { id } = await until('the server to answer', () => client.projects.bySite(at).catch(away))
  return until(
    `the end of the jobs of ${project} ${rev.slice(0, 7)}`,
    async () => {
      const commit = await client.firn.commit({ id, rev }).catch(away)
      return commit?.finished && commit
    },
    withinMs,
  )
}
