import type { Announcement } from './announcement.ts'

/**
 * The same news in fewer pieces: changes of builds that follow each other become one, since whoever hears of them looks up
 * what is true now. A cluster at work announces them many times a second.
 */
export function mergeNews(news: readonly Announcement[]): Announcement[] {
  const merged: Announcement[] = []
  for (const next of news) {
    const before = merged.at(-1)
    if (before?.kind === 'builds.changed' && next.kind === before.kind && next.accountId === before.accountId)
      merged[merged.length - 1] = {
        ...before,
        jobIds: [...new Set([...before.jobIds, ...next.jobIds])],
        derivations: namesOf(before.derivations, next.derivations),
      }
    else merged.push(next)
  }
  return merged
}

/** Empty, when those of one are too many to name. */
function namesOf(before: string[], next: string[]): string[] {
  return before.length === 0 || next.length === 0 ? [] : [...new Set([...before, ...next])]
}
