import { pause } from '@firn/base/loop'
import type { LogWindow } from '@firn/contract/api/log'
import type { Nudges } from '../db/nudges.ts'
import { logTopic } from './append.ts'
import { type ReadNeeds, readWindow } from './read.ts'

const linesAtOnce = 2000
/** Who waits for a nudge also looks by itself. */
const lookMs = 2000
/** What was to be read fell out of the log while it was read. */
const againMs = 50

/** Every line from `from` on, in windows, as they are written; ends with the log or the signal. */
export async function* followLog(
  { db, blobs, nudges }: ReadNeeds & { nudges: Nudges },
  logId: string,
  { from, signal }: { from: number; signal: AbortSignal },
): AsyncGenerator<LogWindow> {
  let next = from
  while (!signal.aborted) {
    const grown = new AbortController()
    const off = nudges.on(logTopic(logId), () => grown.abort())
    const window = await readWindow({ db, blobs }, logId, { from: next, count: linesAtOnce })
    if (window === undefined) return off()
    const last = window.lines.at(-1)
    if (last) next = last.i + 1
    const behind = next < window.total
    if (last || window.done) yield { ...window, done: window.done && !behind }
    if (window.done && !behind) return off()
    if (!behind) await pause(lookMs, AbortSignal.any([signal, grown.signal]))
    else if (!last) await pause(againMs, signal)
    off()
  }
}
