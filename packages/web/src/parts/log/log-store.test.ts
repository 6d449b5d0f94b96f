import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogCut, LogWindow, PhaseStart } from '@firn/contract/api/log'
import { blockSize, type LogSource, LogStore } from './log-store.ts'

/** A log in memory that counts what it is asked for, and is written by the test. */
class MemoryLog implements LogSource {
  total: number
  done: boolean
  asked: number[] = []
  starts: PhaseStart[] = []
  cut: LogCut | null = null
  #chunks: (LogWindow | Error)[] = []
  #wake = () => {}
  constructor(total: number, done: boolean) {
    this.total = total
    this.done = done
  }
  lines(from: number, to: number): LogWindow {
    const { cut, done, total } = this
    const lines = Array.from({ length: Math.max(0, to - from) }, (_, k) => {
      const phase = this.starts.find((it) => it.i === from + k)?.name
      return { i: from + k, ms: 0, t: `line ${from + k}`, ...(phase === undefined ? {} : { phase }) }
    })
    return { id: 'log', lines: lines.filter(({ i }) => !cut || i < cut.from || cut.to <= i), done, total, cut }
  }
  window = async (from: number, count: number) => {
    this.asked.push(from)
    const first = from < 0 ? Math.max(0, this.total + from) : from
    return this.lines(first, Math.min(this.total, first + count))
  }
  write(count: number, done = false): void {
    this.total += count
    this.done = done
    this.say(this.lines(this.total - count, this.total))
  }
  say(chunk: LogWindow | Error): void {
    this.#chunks.push(chunk)
    this.#wake()
  }
  follow = async (from: number, signal: AbortSignal) => {
    this.asked.push(from)
    return this.#follow(signal)
  }
  async *#follow(signal: AbortSignal): AsyncGenerator<LogWindow> {
    while (!signal.aborted) {
      const chunk = this.#chunks.shift()
      if (chunk instanceof Error) throw chunk
      if (chunk) yield chunk
      if (chunk?.done) return
      if (chunk) continue
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        signal.addEventListener('abort', () => resolve())
      })
    }
  }
  phases = async () => this.starts
  search = async () => ({ lines: [], next: null, total: this.total })
  wait = async () => {}
}

function until(store: LogStore, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!holds()) return
      stop()
      resolve()
    }
    const stop = store.subscribe(look)
    look()
  })
}

test('a short log is loaded whole', async () => {
  using log = opened(new MemoryLog(2500, true))
  await log.store.open()
  await until(log.store, () => loaded(log.store) === 2500)
  assert.deepEqual(
    [...log.store.loadedLines()].map((line) => line.i),
    Array.from({ length: 2500 }, (_, i) => i),
  )
})

test('of a long log only the end is loaded, and then what is looked at', async () => {
  using log = opened(new MemoryLog(1_000_000, true))
  await log.store.open()
  assert.deepEqual(log.source.asked, [-blockSize])
  assert.equal(log.store.line(999_999)?.t, 'line 999999')
  assert.equal(log.store.line(500_000), undefined)
  log.store.want([500_000, 500_040])
  await until(log.store, () => log.store.line(500_040) !== undefined)
  assert.deepEqual(log.source.asked, [-blockSize, 500_000])
})

test('memory does not grow with what was looked at', async () => {
  using log = opened(new MemoryLog(1_000_000, true))
  await log.store.open()
  for (let at = 0; at < 200_000; at += blockSize) {
    log.store.want([at, at + 1])
    await until(log.store, () => log.store.line(at) !== undefined)
  }
  assert.ok(loaded(log.store) <= 60 * blockSize)
})

test('the end is followed, over an interruption, until it is done', async () => {
  using log = opened(new MemoryLog(10, false))
  const open = log.store.open()
  await until(log.store, () => log.store.snapshot().opened)
  log.source.write(5)
  await until(log.store, () => log.store.line(14) !== undefined)
  log.source.say(new TypeError('connection lost'))
  log.source.write(5, true)
  await open
  await until(log.store, () => log.store.snapshot().done)
  assert.equal(log.store.snapshot().total, 20)
  assert.equal(log.store.line(19)?.t, 'line 19')
  assert.equal(log.store.snapshot().error, undefined)
  assert.ok(log.source.asked.includes(15), 'continues after the last line heard')
})

test('a log that can not be had says so', async () => {
  const source = new MemoryLog(0, true)
  source.window = async () => {
    throw new Error('gone')
  }
  using log = opened(source)
  await log.store.open()
  assert.match(String(log.store.snapshot().error), /gone/)
})

test('phases are known for the whole log, named as they can be shown, and come with lines that are written', async () => {
  const source = new MemoryLog(100_000, false)
  source.starts = [
    { i: 3, name: 'unpack\x1b[31mPhase\u202e' },
    { i: 50_000, name: '' },
  ]
  using log = opened(source)
  const open = log.store.open()
  await until(log.store, () => log.store.snapshot().phases.length === 2)
  source.starts.push({ i: 100_000, name: 'installPhase' })
  source.write(5, true)
  await open
  await until(log.store, () => log.store.snapshot().phases.length === 3)
  assert.deepEqual(log.store.snapshot().phases, [
    { i: 3, name: 'unpackPhase\ufffd' },
    { i: 50_000, name: 'phase' },
    { i: 100_000, name: 'installPhase' },
  ])
})

test('what is left out of a log is not asked for', async () => {
  const source = new MemoryLog(100_000, true)
  source.cut = { from: 10_500, to: 90_200, chars: 1 }
  using log = opened(source)
  await log.store.open()
  assert.deepEqual(log.store.snapshot().cut, source.cut)
  log.store.want([10_499, 10_500, 50_000, 90_200])
  await until(log.store, () => log.store.line(10_499) !== undefined && log.store.line(90_200) !== undefined)
  log.store.want([10_499, 10_500, 50_000, 90_200])
  assert.deepEqual(source.asked, [-blockSize, 10_000, 90_000])
})

const loaded = (store: LogStore) => [...store.loadedLines()].length

function opened(source: MemoryLog) {
  const closing = new AbortController()
  return { source, store: new LogStore(source, closing.signal), [Symbol.dispose]: () => closing.abort() }
}
