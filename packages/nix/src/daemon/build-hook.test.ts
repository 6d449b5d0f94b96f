import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { instantiate, randomSalt, shellDerivation, testNixes, testStore } from '../../test/nixes.ts'
import { type HookFacts, withoutBuildHook } from './build-hook.ts'
import { connectStore, type StoreAddress } from './client.ts'

const folder = mkdtempSync(join(tmpdir(), 'firn-hook-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const remote = 'ssh-ng://machine riscv64-linux'
const file = (text: string) => {
  const path = join(folder, randomSalt())
  writeFileSync(path, text)
  return path
}

for (const each of await testNixes()) {
  const { nix } = each
  describe(`the build hook of Nix ${nix.version.text}`, async () => {
    const { store } = await testStore(each)
    const facts: HookFacts = { nix, address: store.address, builders: '', folder }
    const asks = async (more: Partial<HookFacts>) =>
      Object.keys(await withoutBuildHook({ ...facts, ...more })).length === 0

    test('is not asked where there are no remote builders, and builds go on as ever', async () => {
      // One that is asked does not answer, and the build fails.
      const asked = file('#!/bin/sh\nexit 1\n')
      chmodSync(asked, 0o755)
      const drvPaths = await instantiate(each, shellDerivation(`hook-${randomSalt()}`, 'echo > $out'))
      const wanted = drvPaths.map((drvPath) => ({ drvPath, outputs: '*' as const }))
      const build = async (settings: Record<string, string>) => {
        await using connection = await connectStore(store.address, { settings })
        return (await connection.build(wanted).catch(() => [])).map(({ status }) => status)
      }
      assert.notDeepEqual(await build({ 'build-hook': asked }), ['Built'])
      assert.deepEqual(await build({ 'build-hook': asked, ...(await withoutBuildHook(facts)) }), ['Built'])
    })

    test('is asked where there are', async () => {
      const none = file('# none\n\n')
      for (const builders of ['', '@/nowhere', `@${none}`, ' ; # none']) assert.equal(await asks({ builders }), false)
      const some = file(`# one\n${remote}\n`)
      for (const builders of [remote, `@${some}`, `@${none}\n@${some}`, `;${remote}`])
        assert.equal(await asks({ builders }), true)
    })

    test('is asked by a daemon that is not ours', async () => {
      const address: StoreAddress = { kind: 'socket', path: '/nix/var/nix/daemon-socket/socket' }
      assert.equal(await asks({ address }), true)
    })
  })
}
