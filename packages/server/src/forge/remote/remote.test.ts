import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
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
  const deeds = (await firn.client.firn.audit({ id: account, limit: 4 })).map((entry) => entry.deed)
  const made = 'made a poke secret of poked'
  assert.deepEqual(deeds, ['deleted a poke secret of poked', made, made, made])
})

test('an address that is changed while the old one is asked is looked at at once; what the old one says is not told', async () => {
  await using stack = new AsyncDisposableStack()
  const askedOf = async (answer: () => Promise<void>) => {
    const server = createServer((_request, response) => void answer().finally(() => response.writeHead(404).end()))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    stack.defer(() => void server.close())
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.git`
  }
  const told = Promise.withResolvers<string | null>()
  const next = await askedOf(async () => told.resolve((await firn.client.firn.repository({ id: project.id })).error))
  const old = await askedOf(async () => {
    await firn.client.firn.changeRepository({ id: project.id, url: next })
  })
  const project = await add('moved', old)
  assert.equal(await told.promise, null)
  const [deed] = await firn.client.firn.audit({ id: account, limit: 1 })
  assert.equal(deed?.deed, `changed the address (now ${next}) of the repository of moved`)
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
  const [deed] = await firn.client.firn.audit({ id: account, limit: 1 })
  assert.deepEqual([deed?.actor, deed?.deed], ['Administrator', 'changed the password of the repository of wrong'])
  const moved = await firn.client.firn.changeRepository({ id, url: 'http://127.0.0.1:1/x.git' })
  assert.equal(moved.hasPassword, false)
  const away = await until('another error', async () => (await firn.client.firn.repository({ id })).error ?? undefined)
  assert.match(away, /cannot be reached/)
})

test('who only looks may not add, change, look or make secrets', async () => {
  const { url } = await host.make('guarded')
  const { id } = await add('guarded', url)
  const asked = [
    ['POST', `accounts/${account}/repositories`],
    ['PATCH', `projects/${id}/repository`],
    ['POST', `projects/${id}/repository/look`],
    ['POST', `projects/${id}/repository/poke-secrets`],
    ['DELETE', `projects/${id}/repository/poke-secrets/${account}`],
  ]
  for (const [method, path] of asked) {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ name: 'x', url })
    const answer = await fetch(`${firn.url}/api/v1/firn/${path}`, { method: method ?? '', headers, body })
    assert.equal(answer.status, 401, `${method} ${path}`)
  }
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
