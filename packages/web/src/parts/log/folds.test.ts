import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Fold, foldsOf, knownPhases, lineOfRow, phaseAt, rowOfLine, rowsOf } from './folds.ts'

const total = 200
/** Folds in order, not touching each other. */
const folds = fc
  .uniqueArray(fc.integer({ min: 1, max: total }), { maxLength: 12 })
  .map((cuts) => cuts.toSorted((a, b) => a - b))
  .map((cuts) =>
    cuts.flatMap((from, i): Fold[] => (i % 2 === 0 && cuts[i + 1] ? [{ from, to: cuts[i + 1] ?? 0 }] : [])),
  )

test('rows are the lines that no fold hides, in order', () => {
  fc.assert(
    fc.property(folds, (given) => {
      const shown = Array.from({ length: total }, (_, i) => i).filter(
        (i) => !given.some((it) => it.from <= i && i < it.to),
      )
      assert.equal(rowsOf(total, given), shown.length)
      assert.deepEqual(
        shown.map((_, row) => lineOfRow(row, given)),
        shown,
      )
      for (const [row, line] of shown.entries()) assert.equal(rowOfLine(line, given), row)
    }),
  )
})

test('a hidden line has the row of what is shown before it', () => {
  assert.equal(rowOfLine(15, [{ from: 11, to: 20 }]), 10)
  assert.equal(rowOfLine(20, [{ from: 11, to: 20 }]), 11)
})

const lines = (from: number, to: number, phases: Record<number, string>) =>
  Array.from({ length: to - from }, (_, k) => ({ i: from + k, ...(phases[from + k] && { phase: phases[from + k] }) }))

test('phases are known where all of their lines are at hand', () => {
  assert.deepEqual(knownPhases(lines(0, 10, { 0: 'unpack', 4: 'build' }), 10), [
    { name: 'unpack', from: 0, to: 4 },
    { name: 'build', from: 4, to: 10 },
  ])
})

test('a gap ends what is known, and the last phase of a log that grows is open to its end', () => {
  const gap = [...lines(0, 5, { 0: 'a' }), ...lines(50, 60, { 52: 'b', 55: 'c' })]
  assert.deepEqual(knownPhases(gap, 100), [{ name: 'b', from: 52, to: 55 }])
  assert.deepEqual(knownPhases(gap, 60).at(-1), { name: 'c', from: 55, to: 60 })
})

test('folding a phase leaves its first line', () => {
  const phases = knownPhases(lines(0, 10, { 0: 'a', 4: 'b', 9: 'c' }), 10)
  assert.deepEqual(foldsOf(phases, new Set([4, 9])), [{ from: 5, to: 9 }])
  assert.equal(phaseAt(phases, 8)?.name, 'b')
})
