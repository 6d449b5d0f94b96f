const longestMs = 3_600_000

/**
 * How long to wait until a repository is looked at again: its interval, doubled with each look that failed in a row, at
 * most an hour (or the interval, where that is longer).
 */
export function nextLookMs({ everyMs, failures }: { everyMs: number; failures: number }): number {
  return Math.max(everyMs, Math.min(longestMs, everyMs * 2 ** Math.min(failures, 20)))
}
