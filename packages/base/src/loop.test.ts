import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Loop, pause, startLoop } from './loop.ts'

const long = 1e8

/** A loop whose turns the test starts to wait for and lets end, one by one. */
function stepwise(options: { everyMs?: number; afterErrorMs?: number; restMs?: number } = {}) {
  const stop = new AbortController()
  const errors: unknown[] = []
  let turns = 0
  let begun = Promise.withResolvers<{ end: () => void; fail: (error: Error) => void }>()
  const turn = () => {
    turns++
    const ended = Promise.withResolvers<void>()
    begun.resolve({ end: ended.resolve, fail: ended.reject })
    begun = Promise.withResolvers()
    return ended.promise
  }
  const next = begun.promise
  const loop: Loop = startLoop({
    everyMs: long,
    ...options,
    signal: stop.signal,
    turn,
    onError: (error) => errors.push(error),
  })
  return { loop, stop, errors, first: next, next: () => begun.promise, count: () => turns }
}

test('the first turn comes at once', async () => {
  const { loop, first, stop, count } = stepwise()
  const turn = await first
  stop.abort()
  turn.end()
  await loop.ended
  assert.equal(count(), 1)
})

test('a nudge ends the rest between two turns', async () => {
  const { loop, first, next, stop, count } = stepwise()
  const second = next()
  ;(await first).end()
  // The loop rests when everything that can happen at once has happened.
  await new Promise(setImmediate)
  assert.equal(count(), 1)
  loop.nudge()
  const turn = await second
  stop.abort()
  turn.end()
  await loop.ended
  assert.equal(count(), 2)
})

test('many nudges during a turn make one more turn', async () => {
  const { loop, first, next, stop, count } = stepwise()
  const turn = await first
  const second = next()
  for (let i = 0; i < 10; i++) loop.nudge()
  turn.end()
  ;(await second).end()
  await new Promise(setImmediate)
  assert.equal(count(), 2)
  stop.abort()
  await loop.ended
})

test('what is nudged in the least time between two turns makes one turn, after it', async () => {
  const { loop, first, next, stop, count } = stepwise({ restMs: 1 })
  const turn = await first
  const second = next()
  turn.end()
  for (let i = 0; i < 10; i++) {
    loop.nudge()
    await new Promise(process.nextTick)
  }
  assert.equal(count(), 1)
  ;(await second).end()
  await pause(5, new AbortController().signal)
  assert.equal(count(), 2)
  stop.abort()
  await loop.ended
})

test('turns come without a nudge', async () => {
  const { loop, first, next, stop } = stepwise({ everyMs: 1 })
  const second = next()
  ;(await first).end()
  const third = await second.then((turn) => {
    const third = next()
    turn.end()
    return third
  })
  stop.abort()
  third.end()
  await loop.ended
})

test('what a turn throws is told, and the loop goes on', async () => {
  const { loop, first, next, stop, errors } = stepwise({ afterErrorMs: 1 })
  const second = next()
  const error = new Error('database gone')
  const turn = await first
  loop.nudge()
  turn.fail(error)
  const again = await second
  assert.deepEqual(errors, [error])
  stop.abort()
  again.end()
  await loop.ended
})

test('after an error not even a nudge makes the next turn come sooner', async () => {
  const { loop, first, stop, count } = stepwise({ afterErrorMs: long })
  ;(await first).fail(new Error('again'))
  loop.nudge()
  await new Promise(setImmediate)
  loop.nudge()
  await new Promise(setImmediate)
  assert.equal(count(), 1)
  stop.abort()
  await loop.ended
})

test('aborted, it ends after the turn under way and is silent about what that throws', async () => {
  const { loop, first, stop, errors, count } = stepwise()
  const turn = await first
  let isOver = false
  void loop.ended.then(() => {
    isOver = true
  })
  stop.abort()
  await new Promise(setImmediate)
  assert.equal(isOver, false)
  turn.fail(new Error('aborted'))
  await loop.ended
  assert.deepEqual(errors, [])
  assert.equal(count(), 1)
})

test('aborted before it starts, it makes no turn', async () => {
  let turns = 0
  const turn = async () => {
    turns++
  }
  await startLoop({ everyMs: 1, signal: AbortSignal.abort(), turn, onError: (error) => assert.fail(String(error)) })
    .ended
  assert.equal(turns, 0)
})

test('a pause ends when it is over, and at once when aborted', async () => {
  await pause(1, new AbortController().signal)
  const stop = new AbortController()
  const waiting = pause(long, stop.signal)
  stop.abort()
  await waiting
  await pause(long, AbortSignal.abort())
})
