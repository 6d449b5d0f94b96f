import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RootKeeper } from './root-keeper.ts'

test('once it is closed it connects to no store, whose daemon nobody would end', async () => {
  const keeper = new RootKeeper({ kind: 'stdio', argv: ['/nowhere/nix-daemon'], env: {} })
  await keeper[Symbol.asyncDispose]()
  assert.equal(await keeper.keep(['/nix/store/00000000000000000000000000000000-x']), 'nothing is kept any more')
})
