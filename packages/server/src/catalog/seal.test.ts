import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { seal, unseal } from './seal.ts'

const key = randomBytes(32)

test('a sealed secret opens with the same key for the same row only, and is not seen in it', () => {
  const sealed = seal(key, 'git_remote a', 'pässword')
  assert.equal(unseal(key, 'git_remote a', sealed), 'pässword')
  assert.ok(!sealed.includes('pässword'))
  assert.throws(() => unseal(key, 'git_remote b', sealed))
  assert.throws(() => unseal(randomBytes(32), 'git_remote a', sealed))
})

test('the same secret is sealed differently each time', () => {
  assert.notDeepEqual(seal(key, 'a', 'x'), seal(key, 'a', 'x'))
})
