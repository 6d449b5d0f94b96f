/** The lines of a log: as far as it has come, or as they are written. */
import { waitAfter } from '@firn/base/backoff'
import { pause } from '@firn/base/loop'
import type { LogWindow } from '@firn/contract/api/log'
import { whileAway } from './follow.ts'
import { awaySentence, type Connected, isAway } from './with-server.ts'

const windowLines = 5000

/** Which lines, numbered from 0: `count` from `from` on, or to the end. */
export type LineRange = { from: number; count: number }

/** Windows on a log as it stands now. At least one comes, which tells whether the log has ended. */
export async function* readLog({ client }: Connected, id: string, range: LineRange): AsyncGenerator<LogWindow> {
  let { from } = range
  const end = range.from + range.count
  for (;;) {
    const window = await client.firn.logWindow({ id, from, count: Math.max(1, Math.min(windowLines, end - from)) })
    yield window
    from = nextOf(window, from)
    if (window.lines.length === 0 || from >= Math.min(end, window.total)) return
  }
}

/** Every line from `from` on, as it is written; ends with the log. A connection that breaks is made again. */
export async function* followLog(server: Connected, id: string, from: number): AsyncGenerator<LogWindow> {
  const { client, url, signal, aside } = server
  let next = from
  for (let failed = 0; ; ) {
    try {
      for await (const window of await client.firn.followLog({ id, from: next })) {
        failed = 0
        next = nextOf(window, next)
        yield window
        if (window.done) return
      }
      failed++
    } catch (error) {
      if (!isAway(error) || signal.aborted) throw error
      if (++failed === 1) aside(`${awaySentence(url)} Waiting for it to return.`)
    }
    const ms = waitAfter(failed, whileAway)
    if (ms === undefined)
      throw new Error(`${awaySentence(url)} It has been away for minutes; this is where waiting ends.`)
    await pause(ms, signal)
    signal.throwIfAborted()
  }
}

function nextOf({ lines }: LogWindow, from: number): number {
  const last = lines.at(-1)
  return last === undefined ? from : last.i + 1
}
