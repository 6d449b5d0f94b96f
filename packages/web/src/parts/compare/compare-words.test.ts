import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttributeChange } from '@firn/contract/api/evaluation'
import { makeAttribute } from '../../../fake/make.ts'
import { countWords, groupChanges, markWords, stateWords } from './compare-words.ts'

const row = makeAttribute(['a'])
const change = (how: AttributeChange['how'], part: Partial<AttributeChange> = {}): AttributeChange => ({
  path: ['a'],
  how,
  before: row,
  after: row,
  ...part,
})

const changes = [
  ...Array.from({ length: 3 }, () => change('added')),
  change('removed'),
  change('changed'),
  change('newlyFailing'),
  change('changed'),
]

test('one sentence counts each kind that there is', () => {
  assert.equal(countWords({ attributes: changes, total: 7 }), '3 added, 1 removed, 2 changed, 1 newly failing')
  assert.equal(countWords({ attributes: [change('repaired')], total: 1 }), '1 repaired')
  assert.equal(countWords({ attributes: [], total: 0 }), 'nothing differs')
})

test('where not all are listed, the sentence says of how many', () => {
  assert.equal(
    countWords({ attributes: [change('changed'), change('added')], total: 3412 }),
    '3,412 attributes differ; of the first 2 by path: 1 added, 1 changed',
  )
})

test('what is newly failing stands first', () => {
  assert.deepEqual(
    groupChanges(changes).map((group) => [group.title, group.changes.length]),
    [
      ['Newly failing', 1],
      ['Changed', 2],
      ['Added', 3],
      ['Removed', 1],
    ],
  )
})

test('how an attribute stood and stands', () => {
  const failed = makeAttribute(['a'], { state: 'Failed', typ: 'MayFail' })
  assert.equal(stateWords({ before: row, after: failed }), 'succeeded → failed')
  assert.equal(stateWords({ before: row, after: row }), 'succeeded')
  assert.equal(stateWords({ before: failed, after: null }), 'was failed')
  assert.equal(stateWords({ before: null, after: row }), 'succeeded')
  assert.equal(markWords({ before: row, after: failed }), 'was a plain build, now may fail')
  assert.equal(markWords({ before: row, after: row }), undefined)
})
