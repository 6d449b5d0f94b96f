import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DerivationStory, derivationName, derivationSentence } from './derivation-sentence.ts'

const path = (name: string) => `/nix/store/${'a'.repeat(32)}-${name}.drv`
const [a, b, c, d] = [path('a-1.0'), path('b'), path('c'), path('d')]

const sentences: [given: Partial<DerivationStory>, sentence: string][] = [
  [{ status: 'NotPlanned' }, 'Known from an evaluation; nobody has asked for it to be built.'],
  [{ status: 'NotPlanned', seenIn: ['file:///a'] }, 'Needs no build: file:///a has it.'],
  [{}, 'About to be queued.'],
  [{ waitsFor: [a] }, 'Waits for a-1.0.'],
  [{ waitsFor: [a, b] }, 'Waits for a-1.0 and b.'],
  [{ waitsFor: [a, b, c, d] }, 'Waits for a-1.0, b and 2 more.'],
  [
    { queued: 'Waiting for agent: none for aarch64-linux is online.' },
    'Waiting for agent: none for aarch64-linux is online.',
  ],
  [
    { lastTry: { because: 'Agent b1 was stopped.', tries: 0 }, queued: 'About to start.' },
    'Tried again: Agent b1 was stopped. About to start.',
  ],
  [
    { lastTry: { because: 'Agent b1 has not been heard of for 60 s.', tries: 1 }, queued: 'About to start.' },
    'Tried again (try 2 of 3): Agent b1 has not been heard of for 60 s. About to start.',
  ],
  [
    { lastTry: { because: 'the value is null', tries: 2 }, queued: 'Waits 8 s before it is tried again.' },
    'Tried again (try 3 of 3): the value is null. Waits 8 s before it is tried again.',
  ],
  [
    { waitsFor: [a, b], below: { path: c, queued: 'Waiting for agent: none for aarch64-linux is online.' } },
    'Waits for a-1.0 and b; c has no agent yet. Waiting for agent: none for aarch64-linux is online.',
  ],
  [{ isGiven: true, agent: 'b1' }, 'Given to agent b1, which begins it when a slot is free.'],
  [
    { isGiven: true, agent: 'b1', silence: { forMs: 70_000, lostAfterMs: 180_000 } },
    'Given to agent b1, which has not been heard of for 1 min 10 s; given to another in 1 min 50 s.',
  ],
  [
    { status: 'Building', agent: 'b1', silence: { forMs: 182_000, lostAfterMs: 180_000 } },
    'Building on b1, which has not been heard of for 3 min 2 s; about to be given to another.',
  ],
  [{ status: 'Building' }, 'Building on an agent.'],
  [{ status: 'Building', agent: 'b1' }, 'Building on b1.'],
  [{ status: 'BuildSuccess' }, 'Built.'],
  [{ status: 'BuildSuccess', agent: 'b1' }, 'Built on b1.'],
  [{ status: 'BuildSuccess', seenIn: ['auto'] }, "Already there, so it was not built: the agent's own store has it."],
  [
    { status: 'BuildSuccess', seenIn: ['file:///a', 'https://b', 'auto'] },
    "Already there, so it was not built: file:///a, https://b and the agent's own store have it.",
  ],
  [{ status: 'BuildFailure', agent: 'b1' }, 'The build failed on b1; its log says why.'],
  [
    { status: 'BuildFailure', agent: 'b1', failure: { how: 'no-output', output: 'out' } },
    'The build on b1 ended well, but did not make its output out.',
  ],
  [{ status: 'BuildFailure' }, 'The build failed on an agent; its log says why.'],
  [
    { status: 'BuildFailure', technicalError: 'Gave up after 3 tries. The last: disk full' },
    "Broken, which is not the derivation's fault. Gave up after 3 tries. The last: disk full",
  ],
  [{ status: 'DependencyFailure', failedInputs: [a] }, 'Not built, because a-1.0 failed.'],
  [{ status: 'DependencyFailure', failedInputs: [a, b, c] }, 'Not built, because a-1.0, b and 1 more failed.'],
  [{ status: 'DependencyFailure' }, 'Not built, because something it needs failed.'],
  [{ status: 'Cancelled' }, 'Cancelled. It is built when somebody asks for it again.'],
  [
    { status: 'Cancelled', cancelled: 'Cancelled by Ada.' },
    'Cancelled by Ada. It is built when somebody asks for it again.',
  ],
]

for (const [given, sentence] of sentences)
  test(`derivation: ${sentence}`, () => {
    const story: DerivationStory = {
      status: 'Waiting',
      technicalError: null,
      failure: null,
      agent: null,
      waitsFor: [],
      failedInputs: [],
      queued: null,
      isGiven: false,
      silence: null,
      below: null,
      lastTry: null,
      cancelled: null,
      seenIn: [],
      ...given,
    }
    assert.equal(derivationSentence(story), sentence)
  })

test('a derivation is called by its name without hash and ending', () => {
  assert.equal(derivationName(a), 'a-1.0')
  assert.equal(derivationName('/nix/store/pnahw1jdk3fr6rfhjfbi06skfbpja82p-hello-2.12.drv'), 'hello-2.12')
})
