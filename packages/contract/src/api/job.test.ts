import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JobFilter } from './job.ts'

test('5.2.3 a filter comes as the texts of a query', () => {
  const query = { ref: 'HEAD', handler: 'OnPush', name: 'default', success: 'true', offsetIndex: '12', limit: '5' }
  assert.deepEqual(JobFilter.parse(query), { ...query, success: true, offsetIndex: 12, limit: 5 })
  assert.equal(JobFilter.parse({ success: 'false' }).success, false)
})

test('5.2.3 without a filter, the newest fifty', () => {
  assert.deepEqual(JobFilter.parse({}), { limit: 50 })
})

test('5.2.3 what cannot be meant is refused', () => {
  const broken = [
    { limit: '0' },
    { limit: '201' },
    { limit: 'all' },
    { handler: 'onPush' },
    { success: 'perhaps' },
    { offsetIndex: '1.5' },
  ]
  for (const query of broken) assert.equal(JobFilter.safeParse(query).success, false, JSON.stringify(query))
})
