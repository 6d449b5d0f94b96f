import { styleText } from 'node:util'
import { cleanLog, plainLog } from '@firn/core/log/clean'
import type { World } from '../world.ts'
import { cut } from './width.ts'

/** What a command prints for people: whole lines, and on a terminal a few lines at the end that are drawn anew. */
export type Printer = {
  line(text?: string): void
  /** Replaces the lines at the end; nothing is drawn where the output is not a terminal. */
  status(lines: string[]): void
  /** whether `status` draws anything */
  isTerminal: boolean
  style: (style: Parameters<typeof styleText>[0], text: string) => string
  /** Text from repositories and logs: colours stay where the output has any, every other control sequence goes. */
  foreign: (text: string) => string
  /** The same for what must stay within its line. */
  foreignLine: (text: string) => string
}

export function openPrinter({ stdout, env }: Pick<World, 'stdout' | 'env'>): Printer {
  const isTerminal = stdout.isTTY === true
  const colours = isTerminal && !env.NO_COLOR
  let drawn = 0
  const erase = () => {
    if (drawn > 0) stdout.write(`\x1b[${drawn}A\x1b[0J`)
    drawn = 0
  }
  const foreign = (text: string) => (colours ? `${cleanLog(text)}\x1b[0m` : plainLog(text))
  return {
    isTerminal,
    line(text = '') {
      erase()
      stdout.write(`${text}\n`)
    },
    status(lines) {
      if (!isTerminal) return
      erase()
      const width = stdout.columns || 80 // status lines are plain text, one screen line each
      // What has left the screen at the top cannot be erased.
      const shown = lines.slice(0, Math.max(1, (stdout.rows || 24) - 1))
      stdout.write(shown.map((text) => `${cut(plainLog(text), width - 1)}\n`).join(''))
      drawn = shown.length
    },
    style: (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text),
    foreign,
    foreignLine: (text) => foreign(text.replace(/\s+/g, ' ').trim()),
  }
}

/** At most two units: `3.2 s`, `4 min 5 s`, `2 h 3 min`. */
export function duration(ms: number): string {
  const seconds = ms / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
