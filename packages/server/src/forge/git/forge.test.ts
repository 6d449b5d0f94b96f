import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { joinPuppet } from '@firn/testkit/puppet-agent'
import { openRepository } from '@firn/testkit/repository'
import { isFlakeTree } from './commits.ts'

let firn: Installation
before(async () => {
  firn = await startInstallation()
})
after(() => firn[Symbol.asyncDispose]())

const at = (project: string) => ({ site: 'local', account: 'local', project })
const jobs = async (project: string) => (await firn.client.projects.jobsBySite(at(project))).items

test('the first push makes the project, and its own output says the address of its page', async () => {
  await using repository = await openRepository()
  const rev = await repository.commit({ 'ci.nix': '{ }' }, 'hello\n\nmore of it')
  const said = await repository.push(firn.remote('first'))
  assert.match(said, new RegExp(`remote: .*${firn.url}/local/local/first/jobs/1`))
  const [job] = await jobs('first')
  assert.deepEqual(
    [job?.source.revision, job?.source.ref, job?.source.message, job?.source.gitCommitterName],
    [rev, 'refs/heads/main', 'hello\n\nmore of it', 'Ada'],
  )
  assert.equal((await firn.client.projects.bySite(at('first'))).defaultBranch, 'main')
})

test('2.7.4 every branch and tag of a push counts, once; 2.7.6 a deleted one makes no job', async () => {
  await using repository = await openRepository()
  await repository.commit({ 'ci.nix': '{ }' })
  await repository.git('tag', '-a', 'v1', '-m', 'one')
  await repository.push(firn.remote('many'), 'HEAD:refs/heads/main', 'HEAD:refs/heads/feat/x', 'v1')
  const refs = (await jobs('many')).map((job) => job.source.ref).sort()
  assert.deepEqual(refs, ['refs/heads/feat/x', 'refs/heads/main', 'refs/tags/v1'])
  await repository.push(firn.remote('many'), ':refs/heads/feat/x')
  await repository.push(firn.remote('many'), 'HEAD:refs/heads/main')
  assert.equal((await jobs('many')).length, 3)
  await repository.push(firn.remote('many'), 'HEAD:refs/heads/feat/x')
  assert.equal((await jobs('many')).length, 4, 'a branch that comes back is new')
})

test('2.7.6 a forced push makes a job for the new head', async () => {
  await using repository = await openRepository()
  await repository.commit({ a: '1' })
  await repository.push(firn.remote('forced'))
  await repository.git('commit', '--amend', '--message', 'other')
  await repository.push(firn.remote('forced'), '+HEAD:refs/heads/main')
  assert.deepEqual(
    (await jobs('forced')).map((job) => job.source.message),
    ['other', 'a change'],
  )
})

test('a ref that moved while the server was not there is found at its start', async () => {
  await using repository = await openRepository()
  await repository.commit({ a: '1' })
  await repository.push(firn.remote('moved'))
  await repository.commit({ a: '2' }, 'unseen')
  await repository.git('push', `${firn.stateFolder}/git/local/moved.git`, 'HEAD:refs/heads/main')
  assert.equal((await jobs('moved')).length, 1)
  await firn.restartServer()
  const [job] = await jobs('moved')
  assert.equal(job?.source.message, 'unseen')
  await firn.restartServer()
  assert.equal((await jobs('moved')).length, 2)
})

test('without a token nothing is read or pushed, and Git is told how to sign in', async () => {
  await using repository = await openRepository()
  await repository.commit({ a: '1' })
  const bare = `${firn.url}/git/local/closed.git`
  await assert.rejects(repository.push(bare), /could not read Username/)
  await assert.rejects(repository.push(bare.replace('://', '://x-access-token:wrong@')), /Authentication failed/)
  const answer = await fetch(`${bare}/info/refs?service=git-upload-pack`)
  assert.equal(answer.status, 401)
  assert.match(answer.headers.get('www-authenticate') ?? '', /x-access-token/)
})

test('the token may stand as the user name alone', async () => {
  await using repository = await openRepository()
  await repository.commit({ a: '1' })
  await repository.push(`${firn.url.replace('://', `://${firn.token}@`)}/git/local/bytoken.git`)
  assert.equal((await jobs('bytoken')).length, 1)
})

test('names that are no names are refused with the rule', async () => {
  const auth = { authorization: `Basic ${Buffer.from(`x-access-token:${firn.token}`).toString('base64')}` }
  for (const path of [
    'local/..%2f..%2fetc.git',
    'local/.hidden.git',
    'local/-x.git',
    `local/${'a'.repeat(101)}.git`,
    'other/x.git',
  ]) {
    const answer = await fetch(`${firn.url}/git/${path}/info/refs?service=git-receive-pack`, { headers: auth })
    assert.ok(answer.status === 400 || answer.status === 404, `${path}: ${answer.status}`)
  }
})

test('1.1.6 a commit is a flake when it has flake.nix and neither ci.nix, as regular files', () => {
  const file = (name: string, mode = '100644') => `${mode} blob 0123456789\t${name}`
  assert.equal(isFlakeTree(file('flake.nix')), true)
  assert.equal(isFlakeTree([file('flake.nix'), file('ci.nix')].join('\n')), false)
  assert.equal(isFlakeTree([file('flake.nix'), file('nix/ci.nix')].join('\n')), false)
  assert.equal(isFlakeTree([file('flake.nix'), file('ci.nix', '120000')].join('\n')), true)
  assert.equal(isFlakeTree(''), false)
})

test('1.2.1 a task gets the source of its commit by a token that ends with it, and may clone nothing else', async () => {
  await using repository = await openRepository()
  await repository.commit({ 'ci.nix': '{ }', 'sub/file': 'text' })
  await repository.push(firn.remote('source'))
  const puppet = await joinPuppet(firn, { concurrentTasks: 16 })
  const { line } = await puppet.connect()
  for (;;) {
    const { payload } = await line.task()
    assert.ok(payload.tag === 'StartEvaluation')
    const { id, otherInputs, extraGitCredentials, inputs } = payload.contents
    const src = inputs.src
    assert.ok(src?.tag === 'Git')
    const url = otherInputs.src ?? ''
    if (src.contents.name === 'source') {
      const answer = await fetch(url)
      assert.equal(answer.status, 200)
      assert.ok((await answer.arrayBuffer()).byteLength > 100)
      const [credential] = extraGitCredentials ?? []
      const withPassword = (of: string) => of.replace('://', `://x-access-token:${credential?.password}@`)
      await repository.git('ls-remote', withPassword(src.contents.httpURL))
      await assert.rejects(repository.git('ls-remote', withPassword(`${firn.url}/git/local/first.git`)))
      await assert.rejects(repository.push(withPassword(src.contents.httpURL), 'HEAD:refs/heads/evil'), /403|may read/)
      await puppet.sendStatus(id, { tag: 'Successful', contents: [] })
      assert.equal((await fetch(url)).status, 404, 'the task has ended, and its token with it')
      await assert.rejects(repository.git('ls-remote', withPassword(src.contents.httpURL)))
      assert.equal((await fetch(url.replace(id, randomUUID()))).status, 404)
      break
    }
    await puppet.sendStatus(id, { tag: 'Successful', contents: [] })
  }
  line.drop()
})
