import assert from 'node:assert/strict'
import { test } from 'node:test'
import { remoteProblem } from './remote-problem.ts'

test("Git's words get a sentence that says what to do, and stand behind it", () => {
  const said = "fatal: Authentication failed for 'https://forge.example/a.git/'\n"
  assert.match(remoteProblem(said), /check user name and password.*Git says: fatal: Authentication failed/)
  assert.match(remoteProblem("fatal: repository 'http://x/y/' not found"), /no repository at this address/)
  assert.match(remoteProblem('fatal: unable to access: Could not resolve host: x'), /host of this address is not known/)
})

test('a login in an address is not told, nor are control characters or long texts', () => {
  const told = remoteProblem(`fatal: \u001b[31m https://ada:secret@x/ ${'y'.repeat(1000)}`)
  assert.ok(!told.includes('secret') && !told.includes('\u001b') && told.length < 400, told)
})

test('without a word there is a sentence still', () => {
  assert.equal(remoteProblem(''), 'Git says: Git ended without a word.')
})
