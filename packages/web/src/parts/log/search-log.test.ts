import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Found, foundMax, searchOn } from './search-log.ts'

const nothing: Found = { lines: [], searched: 0, total: 0 }

test('a long log is searched in several answers, each told at once', async () => {
  const asked: number[] = []
  const answers = [
    { lines: [3, 40], next: 50, total: 120 },
    { lines: [], next: 100, total: 120 },
    { lines: [110], next: null, total: 125 },
  ]
  const ask = async (from: number) => {
    asked.push(from)
    return answers[asked.length - 1] ?? { lines: [], next: null, total: 0 }
  }
  assert.deepEqual(await Array.fromAsync(searchOn(ask, nothing)), [
    { lines: [3, 40], searched: 50, total: 120 },
    { lines: [3, 40], searched: 100, total: 120 },
    { lines: [3, 40, 110], searched: 125, total: 125 },
  ])
  assert.deepEqual(asked, [0, 50, 100])
})

test('a log that has grown is searched from where the search had come', async () => {
  const ask = async (from: number) => ({ lines: [from + 1], next: null, total: 300 })
  const [found] = await Array.fromAsync(searchOn(ask, { lines: [3], searched: 125, total: 125 }))
  assert.deepEqual(found, { lines: [3, 126], searched: 300, total: 300 })
})

test('nobody goes through more than so many lines', async () => {
  const full = Array.from({ length: foundMax }, (_, i) => i)
  const ask = async (from: number) => ({ lines: full, next: from + foundMax, total: 10 * foundMax })
  assert.equal((await Array.fromAsync(searchOn(ask, nothing))).length, 1)
})
