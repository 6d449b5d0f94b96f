import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inBatches } from './in-batches.ts'

/** A go that a test lets end when it wants. */
function gate(max = 100) {
  const goes: number[][] = []
  const open: (() => void)[] = []
  const begun: (() => void)[] = []
  const ask = inBatches<number, number>({
    max,
    work: async (items) => {
      goes.push(items)
      begun.shift()?.()
      await new Promise<void>((resolve) => open.push(resolve))
      if (items.includes(13)) throw new Error('unlucky')
      return items.map((item) => item * 2)
    },
  })
  const next = () => new Promise<void>((resolve) => begun.push(resolve))
  return { ask, goes, next, letEnd: () => open.shift()?.() }
}

test('what comes while a go is under way is done together by the next', async () => {
  const { ask, goes, next, letEnd } = gate()
  const first = next()
  const one = ask(1)
  await first
  const second = next()
  const others = [ask(2), ask(3)]
  letEnd()
  assert.equal(await one, 2)
  await second
  letEnd()
  assert.deepEqual(await Promise.all(others), [4, 6])
  assert.deepEqual(goes, [[1], [2, 3]])
})

test('a go has no more than its maximum', async () => {
  const { ask, goes, next, letEnd } = gate(2)
  const first = next()
  const all = [ask(1), ask(2), ask(3)]
  await first
  const second = next()
  letEnd()
  await second
  letEnd()
  assert.deepEqual(await Promise.all(all), [2, 4, 6])
  assert.deepEqual(goes, [[1, 2], [3]])
})

test('a go weighs no more than its maximum, and what is heavier goes alone', async () => {
  const goes: number[][] = []
  const ask = inBatches<number, number>({
    max: 10,
    weigh: (item) => item,
    work: async (items) => {
      goes.push(items)
      return items
    },
  })
  assert.deepEqual(await Promise.all([4, 6, 1, 20, 3, 5].map(ask)), [4, 6, 1, 20, 3, 5])
  assert.deepEqual(goes, [[4, 6], [1], [20], [3, 5]])
})

test('one that fails spoils no other', async () => {
  const ask = inBatches<number, number>({
    max: 10,
    work: async (items) => {
      if (items.includes(13)) throw new Error('unlucky')
      return items
    },
  })
  const results = await Promise.allSettled([ask(1), ask(13), ask(2)])
  assert.deepEqual(
    results.map((result) => result.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.equal(await ask(5), 5)
})
