import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobPhase, JobStatus } from '@firn/contract/api/job'
import fc from 'fast-check'
import { foldJob, type JobFacts } from './fold.ts'
import { combine } from './outcome.ts'

const facts = (more: Partial<JobFacts> & { pending?: number; failed?: number } = {}): JobFacts => ({
  evaluation: more.evaluation ?? 'succeeded',
  problems: more.problems ?? 0,
  attributes: { pending: more.pending ?? 0, failed: more.failed ?? 0 },
  isCancelled: more.isCancelled ?? false,
})

type Row = [what: string, facts: JobFacts, expected: [JobPhase, JobStatus, evaluation: JobStatus, builds: JobStatus]]

const rows: Row[] = [
  ['2.2.1 queued', facts({ evaluation: 'queued' }), ['Queued', 'Pending', 'Pending', 'Pending']],
  ['2.2.1 evaluating', facts({ evaluation: 'running' }), ['Evaluating', 'Pending', 'Pending', 'Pending']],
  [
    '2.2.1 builds begin while it evaluates',
    facts({ evaluation: 'running', pending: 3 }),
    ['Evaluating', 'Pending', 'Pending', 'Pending'],
  ],
  [
    '2.2.3 a build failed while it evaluates',
    facts({ evaluation: 'running', failed: 1 }),
    ['Evaluating', 'Failure', 'Pending', 'Failure'],
  ],
  [
    '2.2.4 an attribute failed to evaluate, others come',
    facts({ evaluation: 'running', problems: 1 }),
    ['Evaluating', 'Failure', 'Failure', 'Pending'],
  ],
  ['2.2.1 building', facts({ pending: 1 }), ['Building', 'Pending', 'Success', 'Pending']],
  [
    '2.2.5 a build failed, others go on',
    facts({ pending: 1, failed: 1 }),
    ['Building', 'Failure', 'Success', 'Failure'],
  ],
  [
    '2.2.4 what evaluated is built nevertheless',
    facts({ problems: 1, pending: 1 }),
    ['Building', 'Failure', 'Failure', 'Pending'],
  ],
  [
    '2.2.4 the evaluation broke, what it found is built',
    facts({ evaluation: 'failed', pending: 1 }),
    ['Building', 'Failure', 'Failure', 'Pending'],
  ],
  ['2.2.1 nothing to do', facts(), ['Done', 'Success', 'Success', 'Success']],
  ['2.2.4 only evaluation errors', facts({ problems: 2 }), ['Done', 'Failure', 'Failure', 'Success']],
  [
    '2.2.4 the evaluation broke and found nothing',
    facts({ evaluation: 'failed' }),
    ['Done', 'Failure', 'Failure', 'Success'],
  ],
  ['2.2.3 only failed builds', facts({ failed: 1 }), ['Done', 'Failure', 'Success', 'Failure']],
  ['2.2.3 both', facts({ failed: 1, problems: 1 }), ['Done', 'Failure', 'Failure', 'Failure']],
  [
    '2.2.7 cancelled while queued',
    facts({ evaluation: 'queued', isCancelled: true }),
    ['Done', 'Failure', 'Pending', 'Pending'],
  ],
  [
    '2.2.7 cancelled while it builds',
    facts({ pending: 1, isCancelled: true }),
    ['Done', 'Failure', 'Success', 'Pending'],
  ],
  ['2.2.7 cancelled when all was well', facts({ isCancelled: true }), ['Done', 'Failure', 'Success', 'Success']],
]

for (const [what, given, [phase, status, evaluationStatus, derivationStatus]] of rows)
  test(`${what}: ${phase}, ${status}`, () => {
    const effectsStatus = phase === 'Done' ? 'Success' : 'Pending'
    assert.deepEqual(foldJob(given), { phase, status, evaluationStatus, derivationStatus, effectsStatus })
  })

const anyFacts: fc.Arbitrary<JobFacts> = fc.record({
  evaluation: fc.constantFrom('queued', 'running', 'succeeded', 'failed'),
  problems: fc.nat(2),
  attributes: fc.record({ pending: fc.nat(2), failed: fc.nat(2) }),
  isCancelled: fc.boolean(),
})

test('2.2.3 the status of a job combines those of its parts', () => {
  fc.assert(
    fc.property(anyFacts, (given) => {
      const { status, evaluationStatus, derivationStatus, effectsStatus } = foldJob({ ...given, isCancelled: false })
      assert.equal(status, combine([evaluationStatus, derivationStatus, effectsStatus]))
    }),
  )
})

test('2.2.1 a job is done exactly when its status can no longer change, or it is cancelled', () => {
  fc.assert(
    fc.property(anyFacts, (given) => {
      const { phase, status } = foldJob(given)
      const { evaluation, attributes, isCancelled } = given
      const settled = (evaluation === 'succeeded' || evaluation === 'failed') && attributes.pending === 0
      assert.equal(phase === 'Done', isCancelled || settled)
      if (phase === 'Done') assert.notEqual(status, 'Pending')
    }),
  )
})

test('2.2.2 a failure is never taken back by more facts', () => {
  fc.assert(
    fc.property(anyFacts, anyFacts, (given, more) => {
      const later = {
        ...given,
        problems: given.problems + more.problems,
        attributes: { pending: more.attributes.pending, failed: given.attributes.failed + more.attributes.failed },
      }
      if (foldJob(given).status === 'Failure') assert.equal(foldJob(later).status, 'Failure')
    }),
  )
})
