import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { StoreLost } from './errors.ts'
import { Incoming } from './incoming.ts'
import { daemonLimits, Encoder } from './wire.ts'

test('messages are read whole however their bytes arrive', async () => {
  const value = fc.record(
    { number: fc.maxSafeNat(), text: fc.string({ unit: 'binary', maxLength: 100 }), list: fc.array(fc.string()) },
    { noNullPrototype: true },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(value, { minLength: 1 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      async (values, sizes) => {
        const encoder = new Encoder()
        for (const { number, text, list } of values) encoder.number(number).string(text).strings(list)
        const stream = new PassThrough()
        const incoming = new Incoming(stream, daemonLimits)
        const bytes = encoder.bytes()
        const reading = (async () => {
          const read = []
          for (const _ of values)
            read.push(await incoming.decode((d) => ({ number: d.number(), text: d.string(), list: d.strings() })))
          return read
        })()
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1
          stream.write(bytes.subarray(at, at + size))
          at += size
        }
        assert.deepEqual(await reading, values)
      },
    ),
  )
})

test('nothing is read from the stream while nobody decodes', async () => {
  const stream = new PassThrough({ highWaterMark: 64 * 1024 })
  const incoming = new Incoming(stream, daemonLimits)
  let written = 0
  while (written < 64 * 1024 * 1024) {
    const room = stream.write(Buffer.alloc(64 * 1024))
    written += 64 * 1024
    await new Promise((resolve) => setImmediate(resolve))
    if (!room && stream.isPaused()) break
  }
  assert(written < 4 * 1024 * 1024, `${written} bytes were taken`)
  assert.equal(await incoming.decode((d) => d.number()), 0)
})

test('the end of the stream rejects what waits, after what had arrived', async () => {
  const stream = new PassThrough()
  const incoming = new Incoming(stream, daemonLimits)
  stream.end(new Encoder().number(7).bytes())
  assert.equal(await incoming.decode((d) => d.number()), 7)
  await assert.rejects(
    incoming.decode((d) => d.number()),
    StoreLost,
  )
})

test('lengths beyond the limits and numbers that cannot be held are violations', async () => {
  for (const bytes of [Buffer.alloc(8, 0xff), new Encoder().number(2 ** 40).bytes()]) {
    const stream = new PassThrough()
    const incoming = new Incoming(stream, daemonLimits)
    stream.write(bytes)
    await assert.rejects(
      incoming.decode((d) => d.string()),
      StoreLost,
    )
    stream.destroy()
  }
})
