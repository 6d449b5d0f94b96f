import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testNixes, testStore } from '../../test/nixes.ts'
import { StoreLost } from './client.ts'
import { StorePool } from './pool.ts'

const [nix] = await testNixes()
assert(nix)
const { store } = await testStore(nix)

test('connections are kept, shared and bounded', async () => {
  await using pool = new StorePool(store.address, { min: 1, max: 2 })
  const one = await pool.acquire()
  const two = await pool.acquire()
  const waiting = pool.acquire()
  await one.release()
  const three = await waiting
  assert.equal(three.store, one.store)
  await Promise.all([two.release(), three.release()])
  const kept = await pool.acquire()
  assert(kept.store.usable)
  assert.equal(kept.store === one.store || kept.store === two.store, true)
  await kept.release()
})

test('a broken connection is replaced', async () => {
  await using pool = new StorePool(store.address, { min: 1, max: 1 })
  const one = await pool.acquire()
  await one.store[Symbol.asyncDispose]()
  await one.release()
  const absent = `/nix/store/${'0'.repeat(32)}-absent`
  assert.equal(await pool.use((connection) => connection.isValidPath(absent)), false)
})

test('who asks for a connection that cannot be made is told, and a closed pool gives none', async () => {
  const pool = new StorePool({ kind: 'socket', path: '/nonexistent' }, { min: 0, max: 1 })
  await assert.rejects(pool.acquire(), StoreLost)
  await assert.rejects(pool.acquire(), StoreLost)
  await pool[Symbol.asyncDispose]()
  await assert.rejects(pool.acquire(), /the pool is closed/)
})
