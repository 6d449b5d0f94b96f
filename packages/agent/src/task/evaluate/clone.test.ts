import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { commitTree } from '../../testing/evaluation-bench.ts'
import { startGitServer } from '../../testing/git-server.ts'
import { cloneCommit } from './clone.ts'

const login = { username: 'x-access-token', password: 'p@ss:word/%' }
const environment = { PATH: process.env.PATH ?? '/usr/bin' }

async function open(tries = 1) {
  const folder = await mkdtemp(join(tmpdir(), 'firn-clone-test-'))
  const tree = join(folder, 'served', 'repo')
  await mkdir(tree, { recursive: true })
  await writeFile(join(tree, 'file'), 'third')
  const env = { ...environment, HOME: folder }
  const rev = commitTree(tree, env)
  const server = await startGitServer(join(folder, 'served'), login)
  const url = `${server.url}/repo`
  const options = {
    url,
    rev,
    dir: join(folder, 'clone'),
    secureFolder: join(folder, 'secure'),
    credentials: [{ url, ...login }],
    backoff: { firstMs: 1, factor: 1, capMs: 1, tries },
    signal: new AbortController().signal,
    environment: env,
  }
  return {
    folder,
    tree,
    server,
    options,
    git: (...args: string[]) => execFileSync('git', ['-C', options.dir, ...args], { env, encoding: 'utf8' }).trim(),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

test('1.2.4 the commit is checked out; of its ancestors only the commits are there', async () => {
  await using at = await open()
  const cloned = await cloneCommit(at.options)
  assert.deepEqual(cloned, {
    ok: true,
    clone: {
      dir: at.options.dir,
      rev: at.options.rev,
      url: `git+file://${at.options.dir}?ref=HEAD&rev=${at.options.rev}`,
    },
  })
  assert.equal(await readFile(join(at.options.dir, 'file'), 'utf8'), 'third')
  assert.equal(at.git('rev-list', '--count', 'HEAD'), '3')
  assert.equal(at.git('rev-parse', '--is-shallow-repository'), 'false')
})

test('1.12.8 the password is in a private file, and nowhere in the clone', async () => {
  await using at = await open()
  await cloneCommit(at.options)
  assert.equal((await stat(at.options.secureFolder)).mode & 0o777, 0o700)
  const kept = join(at.options.secureFolder, 'git-credentials')
  assert.equal((await stat(kept)).mode & 0o777, 0o600)
  for (const entry of await readdir(at.options.dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const text = await readFile(join(entry.parentPath, entry.name), 'latin1')
    assert.ok(!text.includes(login.password) && !text.includes(encodeURIComponent(login.password)), entry.name)
  }
})

test('without the password it is refused, and no message holds one', async () => {
  await using at = await open()
  const url = at.options.url.replace('http://', `http://x:secret-word@`)
  const cloned = await cloneCommit({ ...at.options, url, credentials: [] })
  assert.ok(!cloned.ok)
  assert.match(cloned.reason, /fetching .* failed/)
  assert.ok(!cloned.reason.includes('secret-word'))
})

test('a revision that is not there, and a text that is none', async () => {
  await using at = await open(2)
  const missing = await cloneCommit({ ...at.options, rev: 'f'.repeat(40) })
  assert.ok(!missing.ok && missing.reason.includes(`fetching ${'f'.repeat(40)} failed`), JSON.stringify(missing))
  const odd = await cloneCommit({ ...at.options, rev: '--upload-pack=touch /tmp/x' })
  assert.deepEqual(odd, { ok: false, reason: '"--upload-pack=touch /tmp/x" is not a full Git revision' })
})

test('a forge that is away is asked again, one that refuses is not', async () => {
  await using at = await open(3)
  await at.server[Symbol.asyncDispose]()
  const cloned = await cloneCommit(at.options)
  assert.ok(!cloned.ok)
  await using other = await open(3)
  await cloneCommit({ ...other.options, credentials: [] })
  assert.equal(other.server.refused(), 1)
})

test('a first commit has no ancestors to fetch', async () => {
  await using at = await open()
  const first = execFileSync('git', ['-C', at.tree, 'rev-list', '--max-parents=0', 'HEAD'], { encoding: 'utf8' }).trim()
  const cloned = await cloneCommit({ ...at.options, rev: first })
  assert.ok(cloned.ok)
  assert.equal(at.git('rev-list', '--count', 'HEAD'), '1')
})
