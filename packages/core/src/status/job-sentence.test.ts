import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BuildCounts } from '@firn/contract/api/job'
import { count, type JobStory, jobSentence } from './job-sentence.ts'

type Given = Partial<Omit<JobStory, 'counts' | 'evaluation'>> & {
  counts?: Partial<BuildCounts>
  evaluation?: Partial<JobStory['evaluation']>
}

const story = ({ counts, evaluation, ...more }: Given): JobStory => ({
  type: 'OnPush',
  phase: 'Done',
  status: 'Success',
  unmetFailures: 0,
  handlers: 0,
  effects: 0,
  waitsBecause: null,
  cancelled: null,
  ...more,
  evaluation: { error: null, problems: 0, agent: null, ...evaluation },
  counts: {
    waiting: 0,
    building: 0,
    buildFailure: 0,
    dependencyFailure: 0,
    buildSuccess: 0,
    cancelled: 0,
    ...counts,
  },
})

const lost = 'Gave up: 3 agents in a row were lost while they worked on it.'
const failed = { status: 'Failure' } as const

const sentences: [given: Given, sentence: string][] = [
  [{ ...failed, cancelled: { by: 'Ada', successor: null } }, 'Cancelled by Ada.'],
  [
    { ...failed, cancelled: { by: 'Ada', successor: null }, counts: { building: 1, waiting: 2, cancelled: 4 } },
    'Cancelled by Ada, 3 builds of it go on for other jobs.',
  ],
  [
    { ...failed, cancelled: { by: null, successor: 12 }, counts: { building: 1 } },
    'Superseded by #12, 1 build of it goes on for other jobs.',
  ],
  [
    { ...failed, cancelled: { by: null, successor: 12, isUnevaluated: true }, counts: { building: 2 } },
    'Superseded by #12 before it was evaluated, 2 builds of it go on, which others may need.',
  ],
  [{ phase: 'Queued', status: 'Pending' }, 'Waiting to be evaluated.'],
  [
    { phase: 'Queued', status: 'Pending', waitsBecause: 'Waiting for agent: none is online.' },
    'Waiting for agent: none is online.',
  ],
  [
    { phase: 'Queued', status: 'Pending', evaluation: { error: 'Agent b was lost.' } },
    'Waiting to be evaluated. It is evaluated again: Agent b was lost.',
  ],
  [
    { phase: 'Queued', status: 'Pending', evaluation: { error: 'expected a string, this is null' } },
    'Waiting to be evaluated. It is evaluated again: expected a string, this is null.',
  ],
  [{ phase: 'Evaluating', status: 'Pending' }, 'Evaluating on an agent.'],
  [
    {
      phase: 'Evaluating',
      status: 'Pending',
      evaluation: { agent: 'b1', silence: { forMs: 40_500 } },
      counts: { waiting: 1 },
    },
    'Evaluating on b1, which has not been heard of for 40 s, 0 of 1 built, 1 waiting.',
  ],
  [
    { phase: 'Evaluating', status: 'Pending', evaluation: { agent: 'b1' }, counts: { waiting: 2, buildSuccess: 1 } },
    'Evaluating on b1, 1 of 3 built, 2 waiting.',
  ],
  [
    { phase: 'Evaluating', ...failed, evaluation: { agent: 'b1', problems: 1 }, counts: { building: 1 } },
    'Evaluating on b1, 0 of 1 built, 1 building, 1 evaluation error.',
  ],
  [
    { phase: 'Building', status: 'Pending', counts: { waiting: 3, building: 2, buildSuccess: 5 } },
    '5 of 10 built, 2 building, 3 waiting.',
  ],
  [
    { phase: 'Building', ...failed, counts: { building: 1, buildFailure: 1, buildSuccess: 2 } },
    '2 of 4 built, 1 building, 1 of 4 builds failed.',
  ],
  [{}, 'Nothing to build.'],
  [{ counts: { buildSuccess: 1 } }, '1 of 1 built.'],
  [{ counts: { buildSuccess: 12 } }, 'All 12 built.'],
  [{ counts: { buildSuccess: 12 }, effects: 1 }, 'All 12 built, 1 effect not run by this version of Firn.'],
  [{ effects: 2 }, 'Nothing to build, 2 effects not run by this version of Firn.'],
  [{ counts: { buildSuccess: 10, buildFailure: 2 } }, '10 of 12 built, and what failed may or must.'],
  [
    { counts: { buildSuccess: 3, buildFailure: 1, dependencyFailure: 1 } },
    '3 of 5 built, and what failed may or must.',
  ],
  [{ ...failed, counts: { buildFailure: 1 } }, '1 of 1 build failed.'],
  [
    { ...failed, counts: { buildFailure: 2, dependencyFailure: 30, buildSuccess: 309 } },
    '2 of 341 builds failed, 30 blocked by them.',
  ],
  [
    { ...failed, counts: { buildFailure: 1, dependencyFailure: 4, buildSuccess: 5 } },
    '1 of 10 builds failed, 4 blocked by it.',
  ],
  [{ ...failed, evaluation: { problems: 3 }, counts: { buildSuccess: 4 } }, '3 evaluation errors.'],
  [
    { ...failed, evaluation: { problems: 2 }, counts: { buildFailure: 1, dependencyFailure: 1, buildSuccess: 8 } },
    '2 evaluation errors, 1 of 10 builds failed, 1 blocked by it.',
  ],
  [{ ...failed, evaluation: { error: lost } }, `Evaluation ended early: ${lost}`],
  [
    { ...failed, evaluation: { error: lost, problems: 1 } },
    'Evaluation ended early: Gave up: 3 agents in a row were lost while they worked on it, 1 evaluation error.',
  ],
  [{ ...failed, unmetFailures: 1, counts: { buildSuccess: 4 } }, '1 built that must fail.'],
  [
    { ...failed, unmetFailures: 2, counts: { buildSuccess: 4, buildFailure: 1 } },
    '1 of 5 builds failed, 2 built that must fail.',
  ],
  [{ ...failed, counts: { cancelled: 3, buildSuccess: 1 } }, '3 cancelled.'],
  [{ type: 'Config' }, 'Nothing to do for a push: the configuration declares no onPush job.'],
  [{ type: 'Config', handlers: 1 }, 'The configuration declares 1 job for a push.'],
  [{ type: 'Config', handlers: 2 }, 'The configuration declares 2 jobs for a push.'],
  [{ type: 'Config', ...failed, evaluation: { problems: 1 } }, '1 evaluation error.'],
  [{ type: 'Legacy', counts: { buildSuccess: 2 } }, 'All 2 built.'],
]

for (const [given, sentence] of sentences)
  test(`job: ${sentence}`, () => assert.equal(jobSentence(story(given)), sentence))

test('a number and its noun', () => {
  assert.deepEqual(
    [0, 1, 2].map((n) => count(n, 'job')),
    ['0 jobs', '1 job', '2 jobs'],
  )
})
