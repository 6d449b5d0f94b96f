import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { instantiate, randomSalt, shellDerivation, type TestNix, testNixes, testStore } from '../../test/nixes.ts'
import { connectStore, StoreError } from './client.ts'
import { openStoreProxy } from './proxy.ts'
import { parseRefusal, type RefusedBuild } from './refusal.ts'

async function withProxy(nix: TestNix) {
  const { store } = await testStore(nix)
  const folder = await mkdtemp(join(tmpdir(), 'firn-proxy-'))
  const refused: RefusedBuild[] = []
  const broken: string[] = []
  const socket = join(folder, 'socket')
  const onBroken = (reason: string) => void broken.push(reason)
  const proxy = await openStoreProxy({
    store: store.address,
    socket,
    onRefusedBuild: (build) => void refused.push(build),
    onBroken,
  })
  const env = { ...nix.env, NIX_REMOTE: `unix://${socket}`, XDG_CACHE_HOME: join(folder, 'cache') }
  const close = async () => {
    await proxy[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }
  return { proxy, env, folder, refused, broken, store, [Symbol.asyncDispose]: close }
}

type Ran = { code: number; stdout: string; stderr: string }

async function run(nix: TestNix, env: Record<string, string>, [tool = '', ...args]: string[]): Promise<Ran> {
  return await new Promise((resolve) => {
    execFile(join(nix.nix.binDir, tool), args, { env }, (error, stdout, stderr) =>
      resolve({ code: error ? 1 : 0, stdout, stderr }),
    )
  })
}

for (const nix of await testNixes()) {
  const version = nix.nix.version.text

  test(`${version}: derivations and sources are written as without the proxy`, async () => {
    await using through = await withProxy(nix)
    const salt = randomSalt()
    await writeFile(join(through.folder, 'source'), `a source ${salt} ${'x'.repeat(100_000)}`)
    const inner = shellDerivation(`in-${salt}`, 'echo > $out', `file = builtins.toFile "t" "text ${salt}";`)
    const expression = shellDerivation(
      `out-${salt}`,
      'echo > $out',
      `inner = ${inner}; source = "\${${through.folder}/source}";`,
    )
    const proxied = await run(nix, through.env, ['nix-instantiate', '--expr', expression])
    assert.equal(proxied.code, 0, proxied.stderr)
    assert.equal(await through.proxy.flushed(), undefined)
    const drvPath = proxied.stdout.trim()
    assert(existsSync(drvPath))
    assert.deepEqual(await instantiate(nix, expression), [drvPath])
    await using direct = await connectStore(through.store.address)
    assert.equal((await direct.queryPathInfo(drvPath))?.references.length, 2)
    assert.deepEqual(through.broken, [])
  })

  test(`${version}: a large source is written no faster than the daemon takes it, and nothing is left behind that listens`, async () => {
    await using through = await withProxy(nix)
    await writeFile(join(through.folder, 'large'), Buffer.alloc(32 * 1024 ** 2, 'large'))
    const warnings: string[] = []
    const onWarning = (warning: Error) => void warnings.push(warning.message)
    process.on('warning', onWarning)
    const expression = `"\${${through.folder}/large}"`
    const evaluation = ['nix-instantiate', '--eval', '--read-write-mode', '--expr', expression]
    const { code, stderr } = await run(nix, through.env, evaluation)
    process.off('warning', onWarning)
    assert.equal(code, 0, stderr)
    assert.deepEqual(warnings, [])
  })

  test(`${version}: a build is refused by name, and only by name when its outputs are there`, async () => {
    await using through = await withProxy(nix)
    const expression = shellDerivation(`ifd-${randomSalt()}`, 'echo 42 > $out', 'outputs = [ "out" "dev" ];').replace(
      '> $out',
      '> $out; echo > $dev',
    )
    const evaluation = ['nix-instantiate', '--eval', '--read-write-mode', '--expr', `builtins.readFile (${expression})`]
    const first = await run(nix, through.env, evaluation)
    const [build] = parseRefusal(first.stderr.replaceAll(/\n\s*/g, ' '), through.proxy.nonce) ?? []
    assert(build, first.stderr)
    assert.deepEqual(through.refused, [build])
    assert.deepEqual(build.outputs, ['out'])
    await using direct = await connectStore(through.store.address)
    await direct.build([{ drvPath: build.drvPath, outputs: '*' }])
    const second = await run(nix, through.env, evaluation)
    assert.equal(second.stdout.trim(), '"42\\n"')
    assert.equal(through.refused.length, 1)
  })

  test(`${version}: nix-build, garbage collection, signatures and roots are refused`, async () => {
    await using through = await withProxy(nix)
    const [drvPath = ''] = await instantiate(nix, shellDerivation(`b-${randomSalt()}`, 'echo > $out'))
    const built = await run(nix, through.env, ['nix-store', '--realise', drvPath])
    assert(built.code !== 0 && parseRefusal(built.stderr, through.proxy.nonce), built.stderr)
    const key = join(through.folder, 'key')
    const source = (await run(nix, nix.env, ['nix-store', '--add', import.meta.filename])).stdout.trim()
    await promisify(execFile)(
      join(nix.nix.binDir, 'nix-store'),
      ['--generate-binary-cache-key', 'k', key, `${key}.pub`],
      { env: nix.env },
    )
    for (const command of [
      ['nix-store', '--gc', '--max-freed', '1'],
      ['nix-store', '--gc', '--print-roots'],
      ['nix', 'store', 'sign', '--key-file', key, source],
      ['nix-store', '--verify'],
      ['nix-store', '--optimise'],
      ['nix-store', '--realise', drvPath, '--add-root', join(through.folder, 'root')],
      ['nix-store', '--delete', drvPath],
    ]) {
      const { code, stderr } = await run(nix, through.env, command)
      assert(
        code !== 0 && /not allowed during evaluation|build [0-9a-f]{32}:/.test(stderr),
        `${command.join(' ')}: ${stderr}`,
      )
    }
    assert(existsSync(drvPath))
  })

  test(`${version}: missing paths are not fetched, and archives are taken only if they are content-addressed`, async () => {
    await using through = await withProxy(nix)
    await using client = await connectStore({ kind: 'socket', path: through.proxy.socket })
    const absent = `/nix/store/${'0'.repeat(32)}-absent`
    const ensured = await client.ensurePath(absent)
    assert(!ensured.ok && /fetches nothing by itself/.test(ensured.reason))
    await assert.rejects(client.build([{ drvPath: `${absent}.drv`, outputs: '*' }]), StoreError)
    await assert.rejects(client.addIndirectRoot('/tmp/x'), /AddIndirectRoot is not allowed/)
    assert.equal(await client.isValidPath(absent), false)
    const copied = await run(nix, through.env, [
      'nix',
      'copy',
      '--no-check-sigs',
      '--from',
      through.store.containment === 'system' ? 'daemon' : 'local',
      '--to',
      `unix://${through.proxy.socket}`,
      absent,
    ])
    assert.notEqual(copied.code, 0)
  })
}

test('a store that dies, or that cannot be started, is told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'firn-proxy-'))
  const broken = Promise.withResolvers<string>()
  const store = { kind: 'stdio' as const, argv: ['/nonexistent/nix-daemon'], env: {} }
  await using proxy = await openStoreProxy({
    store,
    socket: join(folder, 's'),
    onRefusedBuild: () => {},
    onBroken: broken.resolve,
  })
  await assert.rejects(connectStore({ kind: 'socket', path: proxy.socket }))
  assert.match(await broken.promise, /cannot start/)
  await rm(folder, { recursive: true })
})
