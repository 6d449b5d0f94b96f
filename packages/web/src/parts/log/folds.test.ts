import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Fold, foldsOf, lineOfRow, phaseAt, phasesOf, rowOfLine, rowsOf } from './folds.ts'

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

test('a phase ends where the next begins, the last with the log', () => {
  assert.deepEqual(
    phasesOf(
      [
        { i: 0, name: 'unpack' },
        { i: 4, name: 'build' },
      ],
      10,
    ),
    [
      { name: 'unpack', from: 0, to: 4 },
      { name: 'build', from: 4, to: 10 },
    ],
  )
})

const phases = phasesOf(
  [
    { i: 0, name: 'a' },
    { i: 4, name: 'b' },
    { i: 9, name: 'c' },
  ],
  10,
)

test('folding a phase leaves its first line', () => {
  assert.deepEqual(foldsOf(phases, new Set([4, 9]), null), [{ from: 5, to: 9 }])
  assert.equal(phaseAt(phases, 8)?.name, 'b')
})

test('what is left out of the log is folded but for the line that says so, together with phases that meet it', () => {
  const cut = { from: 2, to: 6, chars: 1 }
  assert.deepEqual(foldsOf(phases, new Set(), cut), [{ from: 3, to: 6 }])
  assert.deepEqual(foldsOf(phases, new Set([0, 4]), cut), [{ from: 1, to: 9 }])
})
