import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jittered, retry, waitAfter } from './backoff.ts'

const quick = { firstMs: 1, factor: 2, capMs: 3, tries: 4 }
const never = new AbortController().signal

test('waits grow by the factor up to the cap, and end with the tries', () => {
  assert.deepEqual(
    [1, 2, 3, 4].map((failed) => waitAfter(failed, quick)),
    [1, 2, 3, undefined],
  )
})

test('jitter stays within the upper half of the wait', () => {
  assert.deepEqual(
    [0, 0.5, 1].map((random) => jittered(100, () => random)),
    [50, 75, 100],
  )
})

test('retries until done', async () => {
  let tries = 0
  const attempt = async () => (++tries < 3 ? { again: 'not yet' } : { done: tries })
  assert.deepEqual(await retry({ backoff: quick, signal: never, attempt }), { ok: true, value: 3 })
})

test('gives the reason of the last try when the tries are used up', async () => {
  let tries = 0
  const attempt = async () => ({ again: `no ${++tries}` })
  assert.deepEqual(await retry({ backoff: quick, signal: never, attempt }), { ok: false, reason: 'no 4' })
})

test('an aborted signal ends the wait at once', async () => {
  const stop = new AbortController()
  const attempt = async () => {
    stop.abort()
    return { again: 'server down' }
  }
  const long = { ...quick, firstMs: 1e9, capMs: 1e9 }
  assert.deepEqual(await retry({ backoff: long, signal: stop.signal, attempt }), { ok: false, reason: 'server down' })
})
