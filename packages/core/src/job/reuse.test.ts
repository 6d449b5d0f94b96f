import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideReuse, type ReuseQuestion } from './reuse.ts'

const [a, b] = ['a'.repeat(40), 'b'.repeat(40)]
const question: ReuseQuestion = {
  facts: { nixVersion: '2.8.0', forced: [], timeless: true },
  isFlake: false,
  hasEffects: false,
  before: { ref: 'refs/heads/main', rev: a },
  now: { ref: 'refs/heads/dev', rev: b },
  nixVersions: ['2.8.0'],
}
const forcing = (forced: ReuseQuestion['facts']['forced'], more: Partial<ReuseQuestion> = {}) =>
  decideReuse({ ...question, ...more, facts: { ...question.facts, forced } })

test('what looked at nothing of the push is used again', () => {
  assert.deepEqual(decideReuse(question), { again: true })
})

test('what looked at something counts only where that differs', () => {
  const tag = { ref: 'refs/tags/v1', rev: a }
  const main = { ref: 'refs/heads/main', rev: a }
  const table = [
    ['rev', { before: main, now: tag }, true],
    ['shortRev', { before: main, now: tag }, true],
    ['ref', { before: main, now: tag }, false],
    ['branch', { before: main, now: tag }, false],
    ['tag', { before: main, now: tag }, false],
    ['tag', { before: main, now: { ref: 'refs/heads/dev', rev: a } }, true],
    ['branch', { before: tag, now: { ref: 'refs/tags/v2', rev: a } }, true],
    ['rev', {}, false],
    ['ref', { before: main, now: { ...main, rev: b } }, true],
  ] as const
  for (const [argument, more, again] of table)
    assert.equal(forcing([argument], more).again, again, `${argument} ${JSON.stringify(more)}`)
})

test('never: effects, a clock or fetcher, a flake of another revision, another Nix, no agent to compare with', () => {
  const refused = [
    decideReuse({ ...question, hasEffects: true }),
    decideReuse({ ...question, facts: { ...question.facts, timeless: false } }),
    decideReuse({ ...question, isFlake: true }),
    decideReuse({ ...question, nixVersions: ['2.26.3'] }),
    decideReuse({ ...question, nixVersions: ['2.8.0', '2.26.3'] }),
    decideReuse({ ...question, nixVersions: [] }),
  ]
  assert.deepEqual(
    refused.map((answer) => answer.again),
    refused.map(() => false),
  )
  assert.deepEqual(forcing(['branch', 'tag'], { now: { ref: 'refs/tags/v1', rev: a } }), {
    again: false,
    because: 'it looked at branch and tag',
  })
})

test('a flake of the same revision is used again', () => {
  const now = { ref: 'refs/tags/v1', rev: a }
  assert.deepEqual(decideReuse({ ...question, isFlake: true, now }), { again: true })
})
