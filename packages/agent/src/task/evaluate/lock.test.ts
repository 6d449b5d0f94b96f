import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { lockProblem } from './lock.ts'

test('1.2.4 what a flake asks of itself is no input that a lock has', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'firn-lock-test-'))
  try {
    const inputs = { self: { submodules: true } }
    const problemOf = (value: unknown) => lockProblem({ read: async () => ({ value }) }, folder)
    assert.equal(await problemOf({ inputs, arguments: ['self'] }), undefined)
    assert.match(
      String(await problemOf({ inputs, arguments: ['self', 'lib'] })),
      /flake.lock is missing, but .* inputs lib$/,
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})
