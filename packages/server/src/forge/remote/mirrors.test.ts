import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openDesk } from '@firn/testkit/desk'
import { type GitHost, hostLogin, startGitHost } from '@firn/testkit/git-host'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { openRepository } from '@firn/testkit/repository'

let firn: Installation
let host: GitHost
before(async () => {
  host = await startGitHost()
  firn = await startInstallation({ env: { FIRN_PRIVATE_FORGES: 'true' } })
})
after(async () => {
  await firn[Symbol.asyncDispose]()
  await host[Symbol.asyncDispose]()
})

/** Its first sight queues the one evaluation that there is: each test ends its own. */
async function add(name: string, url: string) {
  const id = (await firn.client.accounts.list({}))[0]?.id ?? ''
  return firn.client.firn.addRepository({ id, name, url, ...hostLogin, pollEveryS: 86_400 })
}

test('1.2.1 its commits are served to the task from a mirror, as an archive and by Git, and to nobody else', async () => {
  const { url, path } = await host.make('served')
  await using repository = await openRepository()
  await repository.commit({ 'ci.nix': '{ }' })
  const rev = await repository.commit({ 'ci.nix': '{ a = 1; }' })
  await repository.push(path)
  using desk = await openDesk(firn)
  const { id } = await add('served', url)
  const task = await desk.evaluation()
  const src = task.inputs.src?.tag === 'Git' ? task.inputs.src.contents : undefined
  assert.equal(src?.rev, rev)
  assert.ok(!JSON.stringify(task).includes(hostLogin.password), 'the login stays with the server')

  const archive = await fetch(task.otherInputs.src ?? '')
  assert.equal(archive.status, 200)
  assert.ok((await archive.bytes()).length > 100)

  const login = task.extraGitCredentials?.[0]
  const remote = (src?.httpURL ?? '').replace('://', `://x-access-token:${login?.password}@`)
  await using clone = await openRepository()
  await clone.git('fetch', '--quiet', '--depth=1', remote, rev)
  await clone.git('fetch', '--quiet', '--unshallow', '--filter=tree:0', remote, rev)
  assert.equal((await clone.git('rev-list', '--count', rev)).trim(), '2')
  await clone.git('fetch', '--quiet', remote, 'refs/heads/main:refs/heads/nix')
  assert.equal((await clone.git('rev-parse', 'refs/heads/nix')).trim(), rev)
  await assert.rejects(clone.git('push', remote, 'nix:x'), /403/)
  await assert.rejects(repository.push(firn.remote('served')), /403|follows http/)

  await desk.puppet.sendStatus(task.id, { tag: 'Successful', contents: [] })
  assert.equal((await fetch(task.otherInputs.src ?? '')).status, 404)
  assert.equal((await firn.client.firn.repository({ id })).error, null)
})

test('a mirror that is gone is made again by whoever needs it', async () => {
  const { url, path } = await host.make('remade')
  await using repository = await openRepository()
  await repository.commit({ 'ci.nix': '{ }' })
  await repository.push(path)
  using desk = await openDesk(firn)
  const { id } = await add('remade', url)
  const task = await desk.evaluation()
  const mirror = join(firn.stateFolder, 'mirrors', `${id}.git`)
  assert.ok((await readdir(mirror)).includes('refs'))
  await firn.restartServer(() => repository.git('-C', mirror, 'update-ref', '-d', 'refs/heads/main').then(() => {}))
  assert.equal((await fetch(task.otherInputs.src ?? '')).status, 200)
  await desk.puppet.sendStatus(task.id, { tag: 'Successful', contents: [] })
})
