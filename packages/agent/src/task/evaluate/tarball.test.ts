import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { tarball } from '../../testing/agent-bench.ts'
import { CiServer } from '../../testing/ci-server.ts'
import { fetchTarball } from './tarball.ts'

async function fetch(
  contents: Buffer,
  more: { name?: string; maxBytes?: number; before?: (server: CiServer) => void } = {},
) {
  const server = new CiServer()
  await server.listen()
  const folder = await mkdtemp(join(tmpdir(), 'firn-tarball-test-'))
  const url = server.serve('secret-token.tar.gz', contents)
  more.before?.(server)
  const fetched = await fetchTarball({
    url,
    folder: join(folder, 'arg-src'),
    name: more.name,
    maxBytes: more.maxBytes ?? 1_000_000,
    backoff: { firstMs: 1, factor: 1, capMs: 1, tries: 10 },
    signal: new AbortController().signal,
    environment: { PATH: process.env.PATH ?? '/usr/bin' },
  })
  return {
    fetched,
    requests: () => server.requests,
    folder,
    checkout: join(folder, 'arg-src', 'repo'),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const problem = (fetched: { ok: boolean; reason?: string }) => (fetched.ok ? 'accepted' : (fetched.reason ?? ''))

type Entry = { name: string; type?: string; link?: string }

const types = { file: '0', hardLink: '1', link: '2', device: '3', folder: '5', pipe: '6' }

/** A tarball of a folder `repo` and these entries, whatever they are: no tar program would make them. */
function oddTarball(...entries: Entry[]): Buffer {
  const blocks = [{ name: 'repo', type: types.folder }, ...entries].flatMap(tarEntry)
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]))
}

/** Header (POSIX ustar) and, of a file, its text `x`. */
function tarEntry({ name, type = types.file, link = '' }: Entry): Buffer[] {
  const text = Buffer.from(type === types.file ? 'x' : '')
  const header = Buffer.alloc(512)
  const put = (value: string, at: number) => header.write(value, at, 'latin1')
  put(name, 0)
  put('0000755\0', 100)
  put(`${text.length.toString(8).padStart(11, '0')}\0`, 124)
  put('00000000000\0', 136)
  put('        ', 148)
  put(type, 156)
  put(link, 157)
  put('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return text.length === 0 ? [header] : [header, Buffer.concat([text, Buffer.alloc(512 - text.length)])]
}

test('1.2.1 the one folder on top gets the name of the repository', async () => {
  await using at = await fetch(tarball({ 'ci.nix': '{ }' }, 'anything-0123'), { name: 'repo' })
  assert.deepEqual(at.fetched, { ok: true, checkout: at.checkout })
  assert.equal(await readFile(join(at.checkout, 'ci.nix'), 'utf8'), '{ }')
  assert.deepEqual(await readdir(join(at.folder, 'arg-src')), ['repo'])
})

for (const name of ['.hidden', 'a/b', '..', 'with space', '']) {
  test(`1.2.1 ${JSON.stringify(name)} cannot be the name`, async () => {
    await using at = await fetch(tarball({ 'ci.nix': '{ }' }), { name })
    assert.deepEqual(at.fetched, { ok: true, checkout: join(at.folder, 'arg-src', 'source') })
  })
}

test('1.2.3 a download that fails is tried again', async () => {
  await using at = await fetch(tarball({ 'ci.nix': '{ }' }), {
    name: 'repo',
    before: (server) => (server.failing = { left: 3, status: 503 }),
  })
  assert.equal(at.fetched.ok, true)
})

test('1.2.3 an unpacking that fails is tried four times in all', async () => {
  await using at = await fetch(Buffer.from('no gzip'))
  assert.equal(at.requests(), 4)
})

test('1.2.3 what is no tarball ends with "Extracting tarball", without the URL', async () => {
  await using at = await fetch(gzipSync('not a tarball'))
  assert.match(problem(at.fetched), /^Extracting tarball: /)
  await using other = await fetch(Buffer.from('not even compressed'))
  assert.match(problem(other.fetched), /^Extracting tarball: /)
  assert.ok(!problem(at.fetched).includes('secret-token') && !problem(other.fetched).includes('secret-token'))
})

test('several things on top are refused', async () => {
  await using at = await fetch(oddTarball({ name: 'second/file' }))
  assert.equal(problem(at.fetched), 'Extracting tarball: it must hold exactly one folder')
})

test('more than the limit is refused', async () => {
  await using at = await fetch(tarball({ zeros: '0'.repeat(5_000_000) }), { maxBytes: 1_000_000 })
  assert.equal(problem(at.fetched), 'Extracting tarball: the source is larger than 1 MB')
})

const hostile: [string, Entry[]][] = [
  ['parent folders', [{ name: 'repo/../../../escaped' }]],
  ['an absolute path', [{ name: '/tmp/firn-escaped-absolute' }]],
  [
    'a link that leads outside',
    [{ name: 'repo/out', type: types.link, link: '../../../..' }, { name: 'repo/out/escaped' }],
  ],
  ['an absolute link', [{ name: 'repo/out', type: types.link, link: '/tmp' }, { name: 'repo/out/firn-escaped-link' }]],
  ['a hard link outside', [{ name: 'repo/passwd', type: types.hardLink, link: '/etc/passwd' }]],
]
for (const [title, entries] of hostile) {
  test(`nothing is written or read outside: ${title}`, async () => {
    await using at = await fetch(oddTarball(...entries), { name: 'repo' })
    assert.ok(!existsSync(join(at.folder, 'escaped')) && !existsSync(join(at.folder, '..', 'escaped')))
    assert.ok(!existsSync('/tmp/firn-escaped-absolute') && !existsSync('/tmp/firn-escaped-link'))
    if (existsSync(join(at.checkout, 'passwd'))) assert.fail('a hard link to a file of the host')
  })
}

test('devices and pipes are refused', async () => {
  await using pipe = await fetch(oddTarball({ name: 'repo/pipe', type: types.pipe }))
  assert.equal(problem(pipe.fetched), 'Extracting tarball: pipe is neither file, folder nor link')
  await using device = await fetch(oddTarball({ name: 'repo/null', type: types.device }))
  assert.match(problem(device.fetched), /^Extracting tarball: /)
})
