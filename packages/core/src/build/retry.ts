/** What to do with work that was lost with its agent or broken by something technical. */
export type Retry = { again: true; afterMs: number } | { again: false; because: string }

/** So often work is begun that is lost or broken each time. */
export const triesMax = 3

/**
 * Lost work is done again at once: the agent's end says nothing about the work, until that has happened three times in a row.
 * Broken work is done again after a pause that grows.
 * @param tries how many times it was lost or broken before this time
 */
export function decideRetry(how: 'lost' | 'broken', tries: number, detail: string): Retry {
  if (tries + 1 >= triesMax)
    return {
      again: false,
      because:
        how === 'lost'
          ? `Gave up: ${triesMax} agents in a row were lost while they worked on it. The last: ${detail}`
          : `Gave up after ${triesMax} tries. The last: ${detail}`,
    }
  return { again: true, afterMs: how === 'lost' ? 0 : 2000 * 5 ** tries }
}
