import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BuildFailure } from '@firn/contract/agent/build-failure'
import { failureSentence } from './failure-sentence.ts'

const path = `/nix/store/${'a'.repeat(32)}-hello-1.0`

const sentences: [BuildFailure | null, string][] = [
  [null, 'The build failed on b1; its log says why.'],
  [{ how: 'exited', code: 3 }, 'The build failed on b1: the builder ended with exit code 3; its last lines say why.'],
  [{ how: 'signalled', signal: 11 }, 'The build failed on b1: the builder was ended by signal 11.'],
  [
    { how: 'signalled', signal: 9 },
    'The build failed on b1: the builder was ended by signal 9. That is what the system does when memory is short.',
  ],
  [
    { how: 'timed-out', seconds: 5400 },
    'Timed out on b1: not done after 1 h 30 min, which is all that a build may take there.',
  ],
  [
    { how: 'silent', seconds: 600 },
    'Silent too long on b1: its builder printed nothing for 10 min, and was taken to hang.',
  ],
  [
    { how: 'log-too-large', limitBytes: 100 * 1024 ** 2 },
    'Log too large: the build was ended on b1 after it had printed more than 100 MB.',
  ],
  [
    { how: 'output-too-large', path, closure: true, bytes: 5 * 1024 ** 3, limitBytes: 1024 },
    'Output too large: the closure of hello-1.0 is 5 GB, and the derivation allows 1 KB.',
  ],
  [
    { how: 'hash-mismatch', wanted: 'sha256-A', got: 'sha256-B' },
    'Hash mismatch: the derivation declares sha256-A, and what came is sha256-B. If that is what you want, write it there.',
  ],
  [{ how: 'not-deterministic', output: path }, 'Not deterministic: built again on b1, hello-1.0 came out differently.'],
  [{ how: 'no-output', output: 'dev' }, 'The build on b1 ended well, but did not make its output dev.'],
  [{ how: 'rejected', reason: 'not\n  allowed' }, 'Nix on b1 does not accept it: not allowed'],
]

for (const [failure, sentence] of sentences)
  test(`failure: ${sentence}`, () => assert.equal(failureSentence(failure, 'b1'), sentence))

test('where it was is not always known', () => {
  assert.equal(failureSentence(null, null), 'The build failed on an agent; its log says why.')
})

test('a refusal is cut to what fits a sentence', () => {
  assert.ok(failureSentence({ how: 'rejected', reason: 'x '.repeat(900) }, 'b').length < 350)
})
