import type { BuildMatches, JobMatches } from '@firn/contract/api/log'
import { makeFinder } from '@firn/core/log/find-text'
import type { World } from './world.ts'

/** So few logs in one answer that stories of a handful have several. */
const logsAtOnce = 2
const shownMax = 5

/** Looks through the logs of a job's builds, in the order of its attributes; `after` counts those that were searched. */
export function searchJob(
  world: World,
  jobId: string,
  { q, after = '0' }: { q: string; after?: string | undefined },
): JobMatches {
  const at = world.findJob(jobId)?.at
  const paths = at === undefined ? [] : [...at.attributes, ...(at.part.failures ?? [])].map((it) => it.derivationPath)
  const built = [...new Set(paths)].flatMap((path) => (path === null ? [] : (world.derivations.get(path) ?? [])))
  const from = Number(after)
  const isMatch = makeFinder(q)
  const builds = built.slice(from, from + logsAtOnce).flatMap(({ derivationPath, status, logId }): BuildMatches[] => {
    const log = logId === null ? undefined : world.logs.get(logId)
    if (log === undefined || logId === null) return []
    const all = Array.from({ length: Math.min(log.total, 10_000) }, (_, i) => log.line(i))
    const lines = all.filter(({ t }) => isMatch(t))
    if (lines.length === 0) return []
    return [{ derivationPath, status, logId, count: lines.length, more: false, lines: lines.slice(0, shownMax) }]
  })
  const next = from + logsAtOnce < built.length ? String(from + logsAtOnce) : null
  return { builds, searched: Math.min(logsAtOnce, built.length - from), next }
}
