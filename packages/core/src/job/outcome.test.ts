import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AttributeType } from '@firn/contract/agent/evaluate-event'
import { DerivationStatus } from '@firn/contract/api/derivation'
import type { JobStatus } from '@firn/contract/api/job'
import fc from 'fast-check'
import { attributeOutcome, combine } from './outcome.ts'

const statuses: JobStatus[] = ['Success', 'Pending', 'Failure']

test('2.2.2 10.18 one failure fails, else one that is pending leaves it pending', () => {
  assert.equal(combine(['Success', 'Pending', 'Failure']), 'Failure')
  assert.equal(combine(['Success', 'Pending', 'Success']), 'Pending')
  assert.equal(combine(['Success', 'Success']), 'Success')
  assert.equal(combine([]), 'Success')
})

test('2.2.2 neither order nor repetition counts', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...statuses)), (list) => {
      assert.equal(combine(list), combine(new Set(list.toReversed())))
      assert.equal(combine(list), combine([combine(list.slice(0, 2)), combine(list.slice(2))]))
    }),
  )
})

type Table = Record<DerivationStatus, JobStatus>

const plain: Table = {
  NotPlanned: 'Pending',
  Waiting: 'Pending',
  Building: 'Pending',
  BuildFailure: 'Failure',
  DependencyFailure: 'Failure',
  BuildSuccess: 'Success',
  Cancelled: 'Failure',
}

/** By the derivation's own status, where nothing else is asked. */
const byItself: Record<'Regular' | 'MayFail' | 'MustFail', Table> = {
  Regular: plain,
  MayFail: { ...plain, BuildFailure: 'Success', DependencyFailure: 'Success', Cancelled: 'Success' },
  MustFail: { ...plain, BuildFailure: 'Success', BuildSuccess: 'Failure' },
}

for (const [type, table] of Object.entries(byItself))
  for (const [status, expected] of Object.entries(table))
    test(`2.2.6 ${type} whose derivation is ${status}: ${expected}`, () => {
      const read = [AttributeType.parse(type), DerivationStatus.parse(status)] as const
      assert.equal(attributeOutcome(...read, []), expected)
      // Inputs have had their say in the derivation's own status.
      assert.equal(attributeOutcome(...read, ['BuildFailure', 'Waiting']), expected)
    })

for (const type of ['DependenciesOnly', 'Effect'] as const) {
  for (const [status, expected] of Object.entries(plain))
    test(`1.8.10 2.2.6 ${type} with an input that is ${status}: ${expected}`, () => {
      assert.equal(attributeOutcome(type, 'NotPlanned', ['BuildSuccess', DerivationStatus.parse(status)]), expected)
    })

  test(`1.8.10 ${type}: the derivation itself is not built and does not count`, () => {
    for (const status of DerivationStatus.options) {
      assert.equal(attributeOutcome(type, status, []), 'Success')
      assert.equal(attributeOutcome(type, status, ['BuildSuccess']), 'Success')
      assert.equal(attributeOutcome(type, status, ['BuildFailure', 'Building']), 'Failure')
    }
  })
}
