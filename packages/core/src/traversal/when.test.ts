import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkWhen, type GivenWhen } from './when.ts'

const nothing: GivenWhen = { minute: null, hour: null, dayOfWeek: null, dayOfMonth: null }
const check = (given: Partial<GivenWhen>) => checkWhen({ ...nothing, ...given }, 'when')
const refusal = (given: Partial<GivenWhen>) => {
  const checked = check(given)
  return checked.ok ? 'accepted' : checked.message
}

test('1.11.2, 10.7 null everywhere is no condition', () => {
  assert.deepEqual(check({}), { ok: true, when: nothing })
})

test('1.11.3 the ends of the ranges are accepted, days of the week in any case', () => {
  const given = { minute: 59, hour: [0, 23], dayOfWeek: ['MON', 'sun'], dayOfMonth: [1, 31] }
  assert.deepEqual(check(given), { ok: true, when: { ...given, dayOfWeek: ['Mon', 'Sun'] } })
})

const refusals: [Partial<GivenWhen>, string][] = [
  [{ minute: 60 }, 'Invalid value. minute value 60 is out of range [0..59].\n  in attribute when.minute'],
  [{ hour: [] }, 'Invalid value. hour must not be an empty list.\n  in attribute when.hour'],
  [{ hour: [3, 24] }, 'Invalid value. hour value 24 is out of range [0..23].\n  in attribute when.hour'],
  [{ dayOfWeek: [] }, 'Invalid value. dayOfWeek must not be an empty list.\n  in attribute when.dayOfWeek'],
  [
    { dayOfWeek: ['Mon', 'Monday'] },
    'Invalid value. Expected an abbreviated day of week: Mon, Tue, Wed, Thu, Fri, Sat, Sun. Actual: Monday\n  in attribute when.dayOfWeek',
  ],
  [{ dayOfMonth: [] }, 'Invalid value. dayOfMonth must not be an empty list.\n  in attribute when.dayOfMonth'],
  [{ dayOfMonth: [32] }, 'Invalid value. month value 32 is out of range [1..31].\n  in attribute when.dayOfMonth'],
]
for (const [given, message] of refusals) {
  test(`1.11.3, 10.7 refused: ${JSON.stringify(given)}`, () => assert.equal(refusal(given), message))
}

test('1.11.4 day 0 of the month is refused', () => {
  assert.match(refusal({ dayOfMonth: [0] }), /month value 0 is out of range \[1\.\.31\]/)
})
