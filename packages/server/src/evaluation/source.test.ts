import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openDesk } from '@firn/testkit/desk'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { openRepository } from '@firn/testkit/repository'

let firn: Installation
before(async () => {
  firn = await startInstallation()
})
after(() => firn[Symbol.asyncDispose]())

test('a task of a project with submodules may clone what is beside it in the local forge', async () => {
  await using repository = await openRepository()
  await repository.commit({ 'ci.nix': '{ }' })
  await repository.push(firn.remote('library'))
  await repository.push(firn.remote('takes-submodules'))
  const { id } = await firn.client.projects.bySite({ site: 'local', account: 'local', project: 'takes-submodules' })
  await firn.client.firn.changeSettings({ id, submodules: true })
  await repository.commit({ 'ci.nix': '{ a = 1; }' })
  await repository.push(firn.remote('takes-submodules'))
  await repository.commit({ 'ci.nix': '{ b = 1; }' })
  await repository.push(firn.remote('library'))
  using desk = await openDesk(firn)
  const may: Record<string, boolean> = {}
  for (let left = 4; left > 0; left--) {
    const { id: taskId, inputs, extraGitCredentials, firn: choices } = await desk.evaluation()
    const login = `://x-access-token:${extraGitCredentials?.[0]?.password}@`
    const name = inputs.src?.tag === 'Git' ? inputs.src.contents.name : ''
    const other = name === 'library' ? 'takes-submodules' : 'library'
    const listing = repository.git('ls-remote', firn.remote(other).replace(/:\/\/([^@/]*@)?/, login))
    may[`${name} ${choices?.submodules}`] = await listing.then(
      () => true,
      () => false,
    )
    await assert.rejects(repository.git('ls-remote', `${firn.url}/git/local/nothing.git`.replace('://', login)))
    await desk.puppet.sendStatus(taskId, { tag: 'Successful', contents: [] })
  }
  assert.deepEqual(may, { 'library false': false, 'takes-submodules false': false, 'takes-submodules true': true })
})
