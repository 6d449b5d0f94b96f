import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { instantiate, randomSalt, shellDerivation, testNixes, testStore } from '../../test/nixes.ts'
import { childrenOf } from '../evaluator/process-tree.ts'
import { isSuccess, StoreError, StoreLost } from './client.ts'
import type { StoreAddress } from './link.ts'
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

/** Daemons that note their process ids in a folder, one file each. */
function notedDaemons(address: StoreAddress): {
  address: StoreAddress
  pids: () => number[]
  [Symbol.dispose](): void
} {
  assert.equal(address.kind, 'stdio')
  const folder = mkdtempSync(join(tmpdir(), 'firn-pool-'))
  const argv = ['/bin/sh', '-c', ': > "$0/$$"; exec "$@"', folder, ...address.argv]
  return {
    address: { ...address, argv },
    pids: () => readdirSync(folder).map(Number),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Kills, with what it has started, without giving up the thread, so that nobody here has noticed when it returns. */
function killUnnoticed(pid: number): void {
  const below = childrenOf(pid)
  while (isRunning(pid)) process.kill(pid, 'SIGKILL')
  for (const child of below) killUnnoticed(child)
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

test('kept connections whose daemons have died unnoticed are replaced, and whoever asks does not learn of it', async () => {
  using daemons = notedDaemons(store.address)
  await using pool = new StorePool(daemons.address, { min: 2, max: 2 })
  const leases = [await pool.acquire(), await pool.acquire()]
  for (const lease of leases) await lease.release()
  const absent = `/nix/store/${'0'.repeat(32)}-absent`
  for (const pid of daemons.pids()) killUnnoticed(pid)
  const looked: boolean[] = []
  const valid = await pool.use((connection) => {
    looked.push(connection.usable)
    return connection.isValidPath(absent)
  })
  assert.equal(valid, false)
  assert(looked.length > 1 && looked.every(Boolean), `the first did not look alive: ${looked}`)
})

test('a daemon that dies after it has said something, or at once on a new connection, is told', async () => {
  using daemons = notedDaemons(store.address)
  await using pool = new StorePool(daemons.address, { min: 1, max: 1 })
  const absent = `/nix/store/${'0'.repeat(32)}-absent`
  for (const kept of [false, true]) {
    let begun = 0
    await assert.rejects(
      pool.use(async (connection) => {
        begun++
        if (kept) await connection.isValidPath(absent)
        for (const pid of daemons.pids()) killUnnoticed(pid)
        return await connection.isValidPath(absent)
      }),
      StoreLost,
    )
    assert.equal(begun, 1)
    if (!kept) assert.equal(await pool.use((connection) => connection.isValidPath(absent)), false)
  }
})

test('a daemon that is really away is told, also to one who was given a kept connection', async () => {
  using daemons = notedDaemons(store.address)
  await using pool = new StorePool(daemons.address, { min: 1, max: 1 })
  const absent = `/nix/store/${'0'.repeat(32)}-absent`
  await pool.use((connection) => connection.isValidPath(absent))
  const pids = daemons.pids()
  daemons[Symbol.dispose]()
  for (const pid of pids) killUnnoticed(pid)
  await assert.rejects(
    pool.use((connection) => connection.isValidPath(absent)),
    (error) => error instanceof StoreLost && /cannot create/i.test(error.message),
  )
})

for (const tested of await testNixes()) {
  const version = tested.nix.version.text
  test(`${version}: a connection is not kept after a build that was answered with an error, and the next build is none the wiser`, async () => {
    const { store } = await testStore(tested)
    await using pool = new StorePool(store.address, { min: 1, max: 1 })
    const attributes = '__structuredAttrs = true; outputs = [ "out" ]; outputChecks.out.maxSize = "much";'
    const script = `echo > "$(sed -n 's/.*"out":"\\([^"]*\\)".*/\\1/p' .attrs.json)"`
    const salt = randomSalt()
    const [odd = '', plain = ''] = await instantiate(
      tested,
      `[ (${shellDerivation(`odd-${salt}`, script, attributes)}) (${shellDerivation(`plain-${salt}`, 'echo > $out')}) ]`,
    )
    const build = (drvPath: string) => pool.use((connection) => connection.build([{ drvPath, outputs: '*' }]))
    const [first, second] = await Promise.allSettled([build(odd), build(plain)])
    assert(first.status === 'rejected' && first.reason instanceof StoreError, JSON.stringify(first))
    assert(second.status === 'fulfilled' && second.value[0] && isSuccess(second.value[0]), JSON.stringify(second))
  })
}
