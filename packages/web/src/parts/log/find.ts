import { plainLog } from '@firn/core/log/clean'

type Line = { i: number; t: string }

const errorLike =
  /\b(error|errors|failed|failure|fatal|panic(ked)?|exception|undefined reference|segmentation fault|not found|cannot|no such file|denied|killed|assert(ion)?)\b|\*\*\*|^FAIL/i
/** Lines that sound alike and mean nothing. */
const harmless =
  /\b(0|no) (errors|failures|failed)\b|\bwithout errors?\b|for full logs, run|-Werror|error-?(handling|code)\b/i
/** What Nix adds below a failed build: that it failed, and its last lines once more. */
const echo = /^\s*>|^(error: )?(builder for|cannot build|build of) '/i

/**
 * The last line that looks like an error, by number; undefined where none does. What Nix says about the failure
 * afterwards counts only when nothing in the build's own words looks like an error.
 */
export function lastErrorLike(lines: Iterable<Line>): number | undefined {
  let own: number | undefined
  let added: number | undefined
  for (const line of lines) {
    const text = plainLog(line.t)
    if (!errorLike.test(text) || harmless.test(text)) continue
    if (echo.test(text)) added ??= line.i
    else own = line.i
  }
  return own ?? added
}

/** The match after a line, or the first one again; before it when `step` is -1. */
export function nextMatch(matches: readonly number[], from: number, step: 1 | -1): number | undefined {
  if (step === 1) return matches.find((it) => it > from) ?? matches[0]
  return matches.findLast((it) => it < from) ?? matches.at(-1)
}
