import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
      const note = join(folder, randomSalt())
      const asked = file(`#!/bin/sh\n: > ${note}\necho '# decline-permanently' >&2\nwhile read -r _; do :; done\n`)
      chmodSync(asked, 0o755)
      const build = async (settings: Record<string, string>) => {
        const drvPaths = await instantiate(each, shellDerivation(`hook-${randomSalt()}`, 'echo > $out'))
        const said: string[] = []
        await using connection = await connectStore(store.address, { settings, verbosity: 0 })
        const wanted = drvPaths.map((drvPath) => ({ drvPath, outputs: '*' as const }))
        const results = await connection.build(wanted, (event) => {
          if (event.kind === 'message') said.push(event.text)
        })
        return { results: results.map(({ status }) => status), said }
      }
      const well = { results: ['Built'], said: [] }
      assert.deepEqual(await build({ 'build-hook': asked, ...(await withoutBuildHook(facts)) }), well)
      assert.equal(existsSync(note), false)
      assert.deepEqual(await build({ 'build-hook': asked }), well)
      assert.equal(existsSync(note), true)
    })

    test('is asked where there are', async () => {
      const none = file('# none\n\n')
      for (const builders of ['', '@/nowhere', `@${none}`, ' ; # none']) assert.equal(await asks({ builders }), false)
      const some = file(`# one\n${remote}\n`)
      // The folder is no file that can be read.
      for (const builders of [remote, `@${folder}`, `@${some}`, `@${none}\n@${some}`, `;${remote}`])
        assert.equal(await asks({ builders }), true)
    })

    test('is asked by a daemon that is not ours', async () => {
      const address: StoreAddress = { kind: 'socket', path: '/nix/var/nix/daemon-socket/socket' }
      assert.equal(await asks({ address }), true)
    })
  })
}
