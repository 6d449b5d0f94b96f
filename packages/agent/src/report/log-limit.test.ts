import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogLimiter, type LogLimits, logLimits, type TimedEntry } from './log-limit.ts'

const line = (text: string): TimedEntry => ({ tag: 'Result', ms: 1, act: 1, rtype: 101, fields: [text] })
const stop: TimedEntry = { tag: 'Stop', ms: 1, act: 1 }
const small: LogLimits = { rich: 3, visible: 2, tail: 4, tailLength: 1000 }

function texts(entries: TimedEntry[]): string[] {
  return entries.map((entry) => {
    if (entry.tag === 'Msg') return entry.msg.replace('hercules-ci-agent: ', '# ')
    return entry.tag === 'Result' ? String(entry.fields[0]) : entry.tag
  })
}

function run(limits: LogLimits, entries: TimedEntry[]): string[] {
  const limiter = new LogLimiter(limits)
  const live = entries.flatMap((entry) => limiter.take(entry))
  return texts([...live, ...limiter.end()])
}

const lines = (count: number) => Array.from({ length: count }, (_, i) => line(`${i}`))

test('4.9.7 everything below the first limit', () => {
  assert.deepEqual(run(small, [stop, line('a'), stop]), ['Stop', 'a', 'Stop'])
})

test('4.9.7 only what is visible below the second', () => {
  assert.deepEqual(run(small, [stop, stop, stop, stop, line('a'), line('')]), ['Stop', 'Stop', 'Stop', 'a', ''])
})

test('4.9.7 then the last lines at the end, none omitted', () => {
  assert.deepEqual(run(small, lines(8)), [
    ...['0', '1', '2', '3', '4'],
    '# Soft log limit has been reached. Final log lines will appear when done.',
    ...['5', '6', '7'],
  ])
})

test('4.9.7 what is omitted is counted', () => {
  assert.deepEqual(run(small, lines(15)), [
    ...['0', '1', '2', '3', '4'],
    '# Soft log limit has been reached. Final log lines will appear when done.',
    '# skipping 4 log lines.',
    '# 6 log lines were omitted before the last 4.',
    ...['11', '12', '13', '14'],
  ])
})

test('4.9.7 fewer than 100,000 entries, whatever comes', () => {
  const limiter = new LogLimiter(logLimits)
  let sent = 0
  for (const entry of lines(300_000)) sent += limiter.take(entry).length
  assert.ok(sent + limiter.end().length < 100_000)
})

test('the kept end is bounded in length too', () => {
  const long = Array.from({ length: 20 }, (_, i) => line(`${i}`.padEnd(300, 'x')))
  const kept = run(small, long).slice(-3)
  assert.deepEqual(
    kept.map((text) => text.replace(/x+/, '')),
    ['17', '18', '19'],
  )
})
