import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { openRepository } from '@firn/testkit/repository'
import { openGit } from '../up/checkout.ts'
import { readLocalCheckout } from './checkout.ts'

const git = openGit(process.env)
const zeros = '0'.repeat(40)

test('1.3.3 ref, revision, owner and name come from Git and its remote', async () => {
  await using repository = await openRepository()
  const rev = await repository.commit({ 'default.nix': '{ }' })
  await repository.git('remote', 'add', 'origin', 'https://bob:secret@github.com/ada/engine.git')
  await repository.git('checkout', '--quiet', '-b', 'feature/x')
  const { commit, changed, untracked, notes } = await readLocalCheckout(git, repository.folder, {})
  assert.deepEqual(commit, {
    ref: 'refs/heads/feature/x',
    rev,
    owner: 'ada',
    name: 'engine',
    httpURL: 'https://github.com/ada/engine.git',
    sshURL: null,
    webURL: 'https://github.com/ada/engine',
    forgeType: 'github',
  })
  assert.deepEqual({ changed, untracked, notes }, { changed: 0, untracked: 0, notes: [] })
})

test('a detached HEAD is its tag, or no ref at all', async () => {
  await using repository = await openRepository()
  await repository.commit({ a: '1' })
  await repository.git('checkout', '--quiet', '--detach')
  assert.equal((await readLocalCheckout(git, repository.folder, {})).commit.ref, 'HEAD')
  await repository.git('tag', 'v1')
  assert.equal((await readLocalCheckout(git, repository.folder, {})).commit.ref, 'refs/tags/v1')
})

test('what the user says goes first; a revision may be anything that Git knows', async () => {
  await using repository = await openRepository()
  const first = await repository.commit({ a: '1' })
  await repository.commit({ a: '2' })
  const read = (rev: string) =>
    readLocalCheckout(git, repository.folder, { ref: 'main', rev, owner: 'me', name: 'it' }).then((one) => one.commit)
  assert.deepEqual(await read('HEAD~1'), { ref: 'refs/heads/main', rev: first, owner: 'me', name: 'it' })
  assert.equal((await read('f'.repeat(40))).rev, 'f'.repeat(40))
  await assert.rejects(read('--all'), /--rev must be a full revision/)
  await assert.rejects(readLocalCheckout(git, repository.folder, { ref: 'a b' }), /a b is not the name of a Git ref/)
})

test('changes are counted, those that Git does not know apart', async () => {
  await using repository = await openRepository()
  await repository.commit({ a: '1', b: '1' })
  for (const name of ['a', 'b', 'new']) await writeFile(join(repository.folder, name), 'changed')
  const { changed, untracked } = await readLocalCheckout(git, repository.folder, {})
  assert.deepEqual({ changed, untracked }, { changed: 2, untracked: 1 })
})

test('a folder below the top is said to be one', async () => {
  await using repository = await openRepository()
  const rev = await repository.commit({ 'sub/a': '1' })
  const { commit, notes } = await readLocalCheckout(git, join(repository.folder, 'sub'), {})
  assert.equal(commit.rev, rev)
  assert.equal(commit.name, basename(repository.folder))
  assert.match(notes.join(), /sub is evaluated as if it was the top of its checkout/)
})

test('outside Git, and before the first commit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'firn-checkout-'))
  try {
    const { commit, notes } = await readLocalCheckout(git, folder, {})
    assert.deepEqual(commit, { ref: 'refs/heads/main', rev: zeros, owner: undefined, name: basename(folder) })
    assert.match(notes.join(), /Not a Git checkout/)
    await git(folder, 'init', '--quiet', '--initial-branch=trunk')
    const unborn = await readLocalCheckout(git, folder, {})
    assert.deepEqual([unborn.commit.ref, unborn.commit.rev], ['refs/heads/trunk', zeros])
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('no folder, and a file', async () => {
  await using repository = await openRepository()
  await mkdir(join(repository.folder, 'd'))
  await repository.commit({ file: '1' })
  await assert.rejects(readLocalCheckout(git, '/nowhere/at/all', {}), /There is no folder \/nowhere\/at\/all/)
  await assert.rejects(readLocalCheckout(git, join(repository.folder, 'file'), {}), /is a file/)
})
