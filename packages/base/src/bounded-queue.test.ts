import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BoundedQueue } from './bounded-queue.ts'

async function settled(promise: Promise<void>): Promise<boolean> {
  return await Promise.race([promise.then(() => true), new Promise<false>((resolve) => setImmediate(resolve, false))])
}

test('gives items in order and ends after close', async () => {
  const queue = new BoundedQueue<number>(2)
  void queue.push(1)
  void queue.push(2)
  queue.close()
  assert.deepEqual(await Array.fromAsync(queue), [1, 2])
})

test('who waits for an item gets the one that comes later', async () => {
  const queue = new BoundedQueue<string>(2)
  const first = queue[Symbol.asyncIterator]().next()
  await queue.push('late')
  assert.deepEqual(await first, { value: 'late', done: false })
})

test('push waits above the limit until half of it is taken', async () => {
  const queue = new BoundedQueue<number>(2)
  assert.equal(await settled(queue.push(1)), true)
  assert.equal(await settled(queue.push(2)), true)
  const third = queue.push(3)
  const taker = queue[Symbol.asyncIterator]()
  assert.equal(await settled(third), false)
  await taker.next()
  assert.equal(await settled(third), false)
  await taker.next()
  assert.equal(await settled(third), true)
})

test('close lets go of who waits for room', async () => {
  const queue = new BoundedQueue<number>(0)
  const waiting = queue.push(1)
  queue.close()
  assert.equal(await settled(waiting), true)
})
