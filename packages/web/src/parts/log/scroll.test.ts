import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { barOf, heightsOf, topAfterScroll, topMax } from './scroll.ts'

const rowPx = 20
const viewport = 600
const million = heightsOf(1_000_000, rowPx, viewport)

test('no element is higher than a browser can draw', () => assert.ok(million.physical < 17_000_000))

test('a short log scrolls as the browser does', () => {
  const heights = heightsOf(500, rowPx, viewport)
  assert.equal(heights.physical, 10_000)
  fc.assert(
    fc.property(fc.nat(9400), fc.nat(9400), (from, to) => {
      assert.ok(Math.abs(topAfterScroll(from, { from, to }, heights) - to) <= 1)
    }),
  )
})

test('a turn of the wheel moves a million lines by as much as a hundred', () => {
  const top = 5_000_000
  const from = barOf(top, million)
  assert.equal(topAfterScroll(top, { from, to: from + 100 }, million), top + 100)
  assert.equal(topAfterScroll(top, { from, to: from - 100 }, million), top - 100)
})

test('a drag of the scroll bar jumps to the same fraction, and its ends are the ends', () => {
  const bar = million.physical - viewport
  assert.equal(topAfterScroll(0, { from: 0, to: bar / 2 }, million), topMax(million) / 2)
  assert.equal(topAfterScroll(0, { from: 0, to: bar }, million), topMax(million))
  assert.equal(topAfterScroll(9e6, { from: 5000, to: 0 }, million), 0)
})

test('the bar stands where the lines are', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (rows, part) => {
      const heights = heightsOf(rows, rowPx, viewport)
      const top = part * topMax(heights)
      const bar = barOf(top, heights)
      assert.ok(bar >= 0 && bar <= Math.max(0, heights.physical - viewport) + 0.001)
    }),
  )
})

test('all fits: nothing moves', () => assert.equal(barOf(0, heightsOf(3, rowPx, viewport)), 0))
