import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldProblem, readDays, showDays } from './days-text.ts'

test('an empty field keeps for ever, and what was saved is shown as it was typed', () => {
  const saved = { jobDays: 90, logDays: null, failureDays: 1 }
  assert.deepEqual(showDays(saved), { jobDays: '90', logDays: '', failureDays: '1' })
  assert.deepEqual(readDays(showDays(saved)), saved)
})

test('what is no number of days is said, and asks for nothing', () => {
  for (const text of ['0', '-1', '1.5', 'soon', '99999']) {
    assert.match(fieldProblem(text) ?? '', /number of days/)
    assert.equal(readDays({ jobDays: text, logDays: '', failureDays: '' }), undefined)
  }
  assert.equal(fieldProblem(' 30 '), null)
})
