import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { aheadMax } from '@firn/contract/agent/load'
import { type Place, Slots } from './slots.ts'

const minutes = 60_000
const never = new AbortController().signal

function open({ slots = 2, patienceMs = 10 * minutes } = {}) {
  const drain = new AbortController()
  const opened = new Slots({ slots, patienceMs, drain: drain.signal })
  return { slots: opened, drain }
}

function leave(place: Place | undefined): void {
  assert.ok(place !== undefined && 'leave' in place)
  place.leave()
}

/** Asks for so many places at once; answers them as they are given. */
function ask(slots: Slots, n: number) {
  const given: { number: number; place: Place }[] = []
  const all = Array.from({ length: n }, (_, number) =>
    slots.take('build', never).then((place) => void given.push({ number, place })),
  )
  const numbers = () => given.map(({ number }) => number)
  return { given, numbers, all: Promise.all(all) }
}

test('4.12.1 builds have as many places as there are slots, in the order in which they came', async () => {
  const { slots } = open()
  const { given, numbers, all } = ask(slots, 4)
  await delay(0)
  assert.deepEqual([numbers(), slots.waiting], [[0, 1], 2])
  leave(given[1]?.place)
  leave(given[1]?.place) // once is enough
  await delay(0)
  assert.deepEqual([numbers(), slots.waiting], [[0, 1, 2], 1])
  leave(given[0]?.place)
  await all
  assert.deepEqual([numbers(), slots.waiting], [[0, 1, 2, 3], 0])
})

test('4.12.1 evaluations take places too, but never the last one for builds', async () => {
  const { slots } = open()
  const evaluations = await Promise.all([slots.take('evaluation', never), slots.take('evaluation', never)])
  const { given, numbers, all } = ask(slots, 3)
  await delay(0)
  assert.deepEqual(numbers(), [0])
  leave(evaluations[0])
  await delay(0)
  assert.deepEqual(numbers(), [0])
  leave(evaluations[1])
  await delay(0)
  assert.deepEqual(numbers(), [0, 1])
  leave(given[0]?.place)
  await all
})

test('4.12.1 an evaluation waits for a slot, and is begun before the builds that wait', async () => {
  const { slots } = open({ slots: 1 })
  const first = await slots.take('build', never)
  const { numbers } = ask(slots, 1)
  const evaluation = slots.take('evaluation', never)
  leave(first)
  const place = await evaluation
  await delay(0)
  assert.deepEqual(numbers(), [])
  leave(place)
  await delay(0)
  assert.deepEqual(numbers(), [0])
})

test('who waits in vain is given back, with all that wait behind it, and no more is asked for', async () => {
  const { slots } = open({ patienceMs: 20 })
  let told = 0
  slots.onAhead = () => told++
  for (let n = 0; n < 10; n++) leave(await slots.take('build', never))
  assert.ok(slots.ahead > 0 && told > 0)
  const { given, all } = ask(slots, 5)
  await all
  const late = given.flatMap(({ place }) => ('late' in place ? place.late : []))
  assert.deepEqual([late.length, slots.waiting, slots.ahead], [3, 0, 0])
  assert.match(late[0] ?? '', /its slots are held by builds that take longer/)
})

test('while builds are over soon, more are asked for', async () => {
  const { slots } = open()
  assert.equal(slots.ahead, 0)
  for (let n = 0; n < 20; n++) leave(await slots.take('build', never))
  assert.equal(slots.ahead, 2 * 16)
})

test('no more is asked for than may be said', async () => {
  const { slots } = open({ slots: 200 })
  for (let n = 0; n < 20; n++) leave(await slots.take('build', never))
  assert.equal(slots.ahead, aheadMax)
})

test('a task that is cancelled while it waits has its place at once, to say so', async () => {
  const { slots } = open({ slots: 1 })
  const first = await slots.take('build', never)
  const cancel = new AbortController()
  const waiting = slots.take('build', cancel.signal)
  cancel.abort('cancelled')
  leave(await waiting)
  assert.ok('leave' in (await slots.take('build', AbortSignal.abort('cancelled'))))
  leave(first)
})

test('an agent that is being stopped gives back what waits', async () => {
  const { slots, drain } = open({ slots: 1 })
  const first = await slots.take('build', never)
  const waiting = slots.take('build', never)
  drain.abort()
  assert.deepEqual(await waiting, { late: 'it is being stopped, and finishes what it has' })
  leave(first)
})
