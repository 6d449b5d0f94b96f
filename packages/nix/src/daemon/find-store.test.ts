import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { instantiate, randomSalt, shellDerivation, systemDaemon, testNixes, testStore } from '../../test/nixes.ts'
import { connectStore } from './client.ts'
import { findStore } from './find-store.ts'

const nixes = await testNixes()
const [first] = nixes
assert(first)

test('NIX_REMOTE decides, and what cannot be reached is told', async () => {
  const base = { nix: first.nix, env: first.env }
  const gone = await findStore({ ...base, remote: 'unix:///nonexistent' })
  assert(!gone.ok && /nothing answers at \/nonexistent/.test(gone.reason))
  const strange = await findStore({ ...base, remote: 'ssh://host' })
  assert(!strange.ok && /only daemon/.test(strange.reason))
})

for (const nix of nixes) {
  test(`${nix.nix.version.text}: the first use on a machine makes the store`, async (t) => {
    const emptyNix = ['--mount', '--map-root-user', '--', 'sh', '-c', 'mount -t tmpfs none /nix && exec "$@"', 'sh']
    if (spawnSync('unshare', [...emptyNix, 'true']).status !== 0) return t.skip('no mount namespaces here')
    const program = `
      import { readdirSync } from 'node:fs'
      import { findStore } from ${JSON.stringify(join(import.meta.dirname, 'find-store.ts'))}
      const before = readdirSync('/nix')
      const search = await findStore(${JSON.stringify({ nix: nix.nix, env: nix.env })})
      console.log(JSON.stringify({ before, ok: search.ok, after: readdirSync('/nix').sort() }))`
    const node = [process.execPath, '--input-type=module-typescript', '-e', program]
    const { stdout, stderr } = spawnSync('unshare', [...emptyNix, ...node], { encoding: 'utf8' })
    assert.deepEqual(JSON.parse(stdout), { before: [], ok: true, after: ['store', 'var'] }, stderr)
  })

  test(`${nix.nix.version.text}: a listening daemon is used when NIX_REMOTE says so`, async () => {
    await using daemon = await systemDaemon(nix)
    const search = await findStore({ nix: nix.nix, env: nix.env, remote: 'daemon', socket: daemon.socket })
    assert(search.ok)
    assert.deepEqual(search.store.address, { kind: 'socket', path: daemon.socket })
    await using connection = await connectStore(search.store.address)
    const [drvPath = ''] = await instantiate(nix, shellDerivation(`d-${randomSalt()}`, 'echo > $out'))
    const [result] = await connection.build([{ drvPath, outputs: '*' }])
    assert.equal(result?.status, 'Built')
  })

  test(`${nix.nix.version.text}: each of several daemons protects what it is told to`, async () => {
    const { store } = await testStore(nix)
    const drvPaths = await Promise.all(
      ['a', 'b', 'c'].map((name) => instantiate(nix, shellDerivation(`${name}-${randomSalt()}`, 'echo > $out'))),
    )
    const paths = drvPaths.flat()
    const remove = (path: string) =>
      spawnSync(join(nix.nix.binDir, 'nix-store'), ['--delete', path], { env: nix.env, encoding: 'utf8' })
    {
      await using opened = new AsyncDisposableStack()
      for (const path of paths) await opened.use(await connectStore(store.address)).addTempRoot(path)
      for (const path of paths) assert.match(remove(path).stderr, /still alive/)
    }
    for (const path of paths) assert.equal(remove(path).status, 0)
  })

  test(`${nix.nix.version.text}: after kill -9 of us nothing is left that holds a lock`, async (t) => {
    const { store } = await testStore(nix)
    if (store.containment !== 'pid-namespace') return t.skip('no PID namespaces here')
    const folder = await mkdtemp(join(tmpdir(), 'firn-kill-'))
    const [drvPath = ''] = await instantiate(nix, shellDerivation(`k-${randomSalt()}`, 'echo started; sleep 1000'))
    const program = `
      import { connectStore } from ${JSON.stringify(join(import.meta.dirname, 'client.ts'))}
      const connection = await connectStore(${JSON.stringify(store.address)})
      await connection.build([{ drvPath: '${drvPath}', outputs: '*' }], (e) => e.kind === 'result' && e.type === 101 && console.log(e.fields[0]))`
    await writeFile(join(folder, 'build.mts'), program)
    const child = spawn(process.execPath, [join(folder, 'build.mts')], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(createInterface(child.stdout), 'line')
    child.kill('SIGKILL')
    await once(child, 'close')
    // the lock of the killed build is free at once: the same derivation builds again, and can be stopped
    const stop = new AbortController()
    const connection = await connectStore(store.address, { signal: stop.signal })
    const started = Promise.withResolvers<void>()
    const building = connection.build([{ drvPath, outputs: '*' }], (e) => {
      if (e.kind === 'result' && e.type === 101) started.resolve()
    })
    await started.promise
    stop.abort()
    await assert.rejects(building)
    await connection[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })
}
