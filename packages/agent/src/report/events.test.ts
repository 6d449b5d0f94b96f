import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { EventReporter } from './events.ts'

const event = (index: number): EvaluateEvent => ({ tag: 'Message', contents: { index, typ: 'Error', message: '' } })
const many = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => event(from + i))

/** A server that accepts a batch when told to. */
function slowServer() {
  const batches: number[][] = []
  const accepting: PromiseWithResolvers<void>[] = []
  let arrived = Promise.withResolvers<void>()
  return {
    batches,
    post: async (batch: EvaluateEvent[]) => {
      batches.push(batch.map((each) => (each.tag === 'Message' ? each.contents.index : -1)))
      const accepted = Promise.withResolvers<void>()
      accepting.push(accepted)
      arrived.resolve()
      await accepted.promise
      return { ok: true as const }
    },
    accept: () => accepting.shift()?.resolve(),
    next: async () => {
      await arrived.promise
      arrived = Promise.withResolvers()
    },
  }
}

test('1.14.5, 4.6.1 batches of at most 1,000, in order, one after the other', async () => {
  const server = slowServer()
  const reporter = new EventReporter({ post: server.post, firstBatchMs: 1e6, batchMs: 1e6 })
  void reporter.emit(many(0, 2_500))
  await server.next()
  assert.deepEqual(
    server.batches.map((batch) => batch.length),
    [1000],
  )
  server.accept()
  await server.next()
  server.accept()
  const flushed = reporter.flush()
  await server.next()
  server.accept()
  await flushed
  assert.deepEqual(
    server.batches.map((batch) => batch.length),
    [1000, 1000, 500],
  )
  assert.deepEqual(
    server.batches.flat(),
    many(0, 2_500).map((_, i) => i),
  )
})

test('1.14.5 a few events go when their time is up', async () => {
  const server = slowServer()
  const reporter = new EventReporter({ post: server.post, firstBatchMs: 1, batchMs: 2 })
  void reporter.emit([event(0)])
  await server.next()
  server.accept()
  void reporter.emit([event(1)])
  await server.next()
  assert.deepEqual(server.batches, [[0], [1]])
})

test('4.6.1 flush waits until all is accepted', async () => {
  const server = slowServer()
  const reporter = new EventReporter({ post: server.post, firstBatchMs: 1e6 })
  await reporter.emit([event(0)])
  let done = false
  const flushed = reporter.flush().then(() => {
    done = true
  })
  await server.next()
  assert.equal(done, false)
  server.accept()
  await flushed
})

test('a refusal is kept, and the rest is dropped', async () => {
  const reporter = new EventReporter({ post: async () => ({ ok: false, reason: 'gone' }) })
  await reporter.emit([event(0)])
  await reporter.flush()
  await reporter.emit(many(0, 5_000))
  await reporter.flush()
  assert.equal(reporter.failure, 'gone')
})
