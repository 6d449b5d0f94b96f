import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openDesk } from '@firn/testkit/desk'
import { type GitHost, hostLogin, startGitHost } from '@firn/testkit/git-host'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { openRepository } from '@firn/testkit/repository'
import { until } from '@firn/testkit/wait'

let firn: Installation
let host: GitHost
let account = ''
before(async () => {
  host = await startGitHost()
  firn = await startInstallation({ env: { FIRN_PRIVATE_FORGES: 'true' } })
  account = (await firn.client.accounts.list({}))[0]?.id ?? ''
})
after(async () => {
  await firn[Symbol.asyncDispose]()
  await host[Symbol.asyncDispose]()
})

const add = (name: string, url: string, more: { pollEveryS?: number; password?: string | null } = {}) =>
  firn.client.firn.addRepository({ id: account, name, url, ...hostLogin, pollEveryS: 86_400, ...more })
const jobs = async (project: string) => {
  const { items } = await firn.client.projects.jobsBySite({ site: 'local', account: 'local', project })
  return items.map((job) => `${job.source.ref.replace('refs/', '')} ${job.source.message}`).sort()
}
const seen = (id: string) =>
  until('the repository to be seen', async () => (await firn.client.firn.repository({ id })).seenAt ?? undefined)
/** Looks, and waits until that look is over. */
async function look(id: string): Promise<void> {
  const { seenAt } = await firn.client.firn.lookAtRepository({ id })
  await until('another look', async () => (await firn.client.firn.repository({ id })).seenAt !== seenAt)
}

test('a repository elsewhere becomes a project; at first sight its default branch alone is built', async () => {
  const { url, path } = await host.make('first')
  await using repository = await openRepository()
  const rev = await repository.commit({ 'ci.nix': '{ }' }, 'hello')
  await repository.push(path, 'HEAD:refs/heads/main', 'HEAD:refs/heads/old', 'HEAD:refs/tags/v1')
  const project = await add('first', url)
  assert.deepEqual([project.remoteURL, project.httpURL], [url, null])
  await seen(project.id)
  assert.deepEqual(await jobs('first'), ['heads/main hello'])
  assert.equal((await firn.client.projects.get({ id: project.id })).defaultBranch, 'main')
  const { items } = await firn.client.projects.jobs({ id: project.id })
  assert.deepEqual([items[0]?.source.revision, items[0]?.source.gitCommitterName], [rev, 'Ada'])
})

test('2.7.4 every branch and tag that moves later makes a job, once; 2.7.6 a deleted one makes none', async () => {
  const { url, path } = await host.make('many')
  await using repository = await openRepository()
  await repository.commit({ a: '1' }, 'one')
  await repository.push(path, 'HEAD:refs/heads/main', 'HEAD:refs/heads/gone', 'HEAD:refs/heads/a')
  const { id } = await add('many', url)
  await seen(id)
  await repository.commit({ a: '2' }, 'two')
  await repository.git('tag', '--annotate', 'v2', '--message', 'the second')
  await repository.git('tag', 'blob', 'HEAD:a')
  await repository.push(
    path,
    'HEAD:refs/heads/main',
    ':refs/heads/gone',
    ':refs/heads/a',
    'HEAD:refs/heads/a/b',
    'v2',
    'blob',
  )
  await look(id)
  await look(id)
  assert.deepEqual(await jobs('many'), ['heads/a/b two', 'heads/main one', 'heads/main two', 'tags/v2 two'])
  await repository.git('commit', '--amend', '--message', 'forced')
  await repository.push(path, '+HEAD:refs/heads/main')
  await look(id)
  assert.ok((await jobs('many')).includes('heads/main forced'))
})

test('what moved while no server was there is found when one is', async () => {
  const { url, path } = await host.make('away')
  await using repository = await openRepository()
  await repository.commit({ a: '1' }, 'one')
  await repository.push(path)
  const { id } = await add('away', url, { pollEveryS: 10 })
  await seen(id)
  await firn.restartServer(async () => {
    await repository.commit({ a: '2' }, 'two')
    await repository.push(path)
  })
  await until('the second job', async () => (await jobs('away')).length === 2)
})

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

  await desk.evaluate([])
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

test('a signed poke has it looked at; others, old ones and altered ones are refused; two secrets are good at once', async () => {
  const { url, path } = await host.make('poked')
  await using repository = await openRepository()
  await repository.commit({ a: '1' }, 'one')
  await repository.push(path)
  const { id } = await add('poked', url)
  await seen(id)
  const [first, second] = [
    await firn.client.firn.createPokeSecret({ id }),
    await firn.client.firn.createPokeSecret({ id }),
  ]
  const { pokeUrl } = second.repository
  const poke = async (secret: string, { ageS = 0, sent = '{"a":1}', to = pokeUrl } = {}) => {
    const time = String(Math.trunc(Date.now() / 1000) - ageS)
    const signature = createHmac('sha256', secret).update(`${time}.{"a":1}`).digest('hex')
    const headers = {
      'x-firn-timestamp': time,
      'x-firn-signature': `sha256=${signature}`,
      'content-type': 'application/json',
    }
    return (await fetch(to, { method: 'POST', headers, body: sent })).status
  }
  await repository.commit({ a: '2' }, 'two')
  await repository.push(path)
  assert.equal(await poke(first.secret), 202)
  await until('the job of the poke', async () => (await jobs('poked')).length === 2)
  assert.equal(await poke(second.secret), 202)
  assert.equal(await poke('wrong'), 403)
  assert.equal(await poke(first.secret, { ageS: 301 }), 403)
  assert.equal(await poke(first.secret, { ageS: -301 }), 403)
  assert.equal(await poke(first.secret, { sent: '{"a":2}' }), 403)
  assert.equal(await poke(first.secret, { to: pokeUrl.replace(id, account) }), 403)
  assert.equal((await fetch(pokeUrl, { method: 'POST' })).status, 403)
  const third = await firn.client.firn.createPokeSecret({ id })
  assert.equal(await poke(first.secret), 403, 'the oldest of three is good no more')
  assert.equal(await poke(third.secret), 202)
  await firn.client.firn.deletePokeSecret({ id, secretId: second.id })
  assert.equal(await poke(second.secret), 403)
})

test('what is wrong is said on the project, and the password is never shown nor sent to another host', async () => {
  const { url } = await host.make('wrong')
  const { id } = await add('wrong', url, { password: 'not it' })
  const told = await until('an error', async () => (await firn.client.firn.repository({ id })).error ?? undefined)
  assert.match(told, /check user name and password/)
  assert.ok(!JSON.stringify(await firn.client.firn.repository({ id })).includes('not it'))
  const mended = await firn.client.firn.changeRepository({ id, password: hostLogin.password })
  assert.equal(mended.hasPassword, true)
  await until('the error to go', async () => (await firn.client.firn.repository({ id })).error === null)
  const moved = await firn.client.firn.changeRepository({ id, url: 'http://127.0.0.1:1/x.git' })
  assert.equal(moved.hasPassword, false)
  const away = await until('another error', async () => (await firn.client.firn.repository({ id })).error ?? undefined)
  assert.match(away, /cannot be reached/)
})

test('addresses that Git would take for something else are refused, as is a name that is taken', async () => {
  for (const url of [
    'file:///etc',
    'ext::sh -c id',
    '--upload-pack=x',
    'git@host:a/b',
    '/srv/a.git',
    'http://u:p@h/a',
    'https://-x/a',
  ])
    await assert.rejects(add('refused', url), /url|must/i, url)
  await assert.rejects(add('first', `${host.url}/first.git`), /has a project first already/)
})

test('hosts in private networks are refused unless the operator allows them', async () => {
  await using careful = await startInstallation()
  const id = (await careful.client.accounts.list({}))[0]?.id ?? ''
  const input = { id, name: 'x', url: `${host.url}/first.git` }
  await assert.rejects(careful.client.firn.addRepository(input), /FIRN_PRIVATE_FORGES/)
})
