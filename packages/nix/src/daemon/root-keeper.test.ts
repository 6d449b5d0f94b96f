import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { randomSalt, testNixes, testStore } from '../../test/nixes.ts'
import { RootKeeper } from './root-keeper.ts'

/** Processes with the text in their environment. */
function processesWith(text: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name) || name === String(process.pid)) return false
    try {
      return readFileSync(`/proc/${name}/environ`, 'latin1').includes(text)
    } catch {
      return false
    }
  })
}

for (const nix of await testNixes()) {
  const { store } = await testStore(nix)
  const version = nix.nix.version.text
  const { address } = store
  assert(address.kind === 'stdio')
  const path = `/nix/store/${'0'.repeat(32)}-x`

  test(`${version}: the daemon of a store that refused a path ends with the keeper`, async () => {
    const mark = `keeper-${randomSalt()}`
    const keeper = new RootKeeper({ ...address, env: { ...address.env, FIRN_TEST_MARK: mark } })
    assert.equal(await keeper.keep([path]), undefined)
    assert.notDeepEqual(processesWith(mark), [])
    assert.match((await keeper.keep(['/elsewhere'])) ?? '', /elsewhere/)
    await keeper[Symbol.asyncDispose]()
    assert.deepEqual(processesWith(mark), [])
  })

  test(`${version}: once it is closed it connects to no store, whose daemon nobody would end`, async () => {
    const mark = `keeper-${randomSalt()}`
    const keeper = new RootKeeper({ ...address, env: { ...address.env, FIRN_TEST_MARK: mark } })
    await keeper[Symbol.asyncDispose]()
    assert.equal(await keeper.keep([path]), 'nothing is kept any more')
    assert.deepEqual(processesWith(mark), [])
  })
}
