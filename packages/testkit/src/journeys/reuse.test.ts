/** What an evaluation is used again for, with the real agent and Nix: an expression that would see a difference never is. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { openRepository } from '../repository.ts'
import { openState, type Up } from '../up.ts'
import { until } from '../wait.ts'

let state: Awaited<ReturnType<typeof openState>>
let up: Up
before(async () => {
  state = await openState()
  up = await state.start()
})
after(async () => {
  await up.interrupt()
  await state[Symbol.asyncDispose]()
})

const salt = randomUUID().slice(0, 8)
const drv = (name: string) =>
  `derivation { name = "${name}"; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" "echo > $out" ]; }`
const configuration = (body: string) => `{ herculesCI = ${body}; }`

/** One commit each with the same files, pushed in turn; the last handler's job, or the only one, of each. */
async function pushes(project: string, files: Record<string, string>, refs: string[], commits: 'new' | 'same') {
  await using repository = await openRepository()
  const found: { names: string[]; rev: string; reused: boolean }[] = []
  let rev = ''
  for (const ref of refs) {
    if (rev === '' || commits === 'new') rev = await repository.commit(files, `for ${ref}`)
    await repository.push(up.remote(project), `HEAD:${ref}`)
    const job = await until(`the jobs of ${ref}`, async () => {
      const at = { site: 'local', account: 'local', project, ref }
      const { items } = await up.client.projects.jobsBySite(at)
      const work = items.find(({ jobType }) => jobType !== 'Config')
      return work?.jobPhase === 'Done' ? work : undefined
    })
    const { items } = await up.client.firn.attributes({ id: job.id })
    const { reusedFrom } = await up.client.firn.jobOverview({ id: job.id })
    const names = items.flatMap(({ derivationPath }) => (derivationPath ? [derivationPath.slice(44, -4)] : []))
    found.push({ names, rev, reused: reusedFrom !== null })
  }
  return found
}

const branches = ['refs/heads/main', 'refs/heads/dev']

test('what looks at nothing of the push is used again for another branch with the same tree', async () => {
  const files = { 'ci.nix': configuration(`{ ... }: { onPush.default.outputs.a = ${drv(`plain-${salt}`)}; }`) }
  const [main, dev] = await pushes('plain', files, branches, 'new')
  assert.deepEqual([main?.names, main?.reused], [[`plain-${salt}`], false])
  assert.deepEqual([dev?.names, dev?.reused], [[`plain-${salt}`], true])
})

test('`if branch == "main"` gives each branch its own', async () => {
  const body = `{ branch, ... }: { onPush.default.outputs.a = if branch == "main" then ${drv(`one-${salt}`)} else ${drv(`two-${salt}`)}; }`
  const [main, dev] = await pushes('by-branch', { 'ci.nix': configuration(body) }, branches, 'new')
  assert.deepEqual([main?.names, dev?.names, dev?.reused], [[`one-${salt}`], [`two-${salt}`], false])
})

test('a tag on a tested commit is not evaluated again, but for what looks at the tag', async () => {
  const refs = ['refs/heads/main', 'refs/tags/v1']
  const same = configuration(`{ rev, ... }: { onPush.default.outputs.a = ${drv(`\${rev}-${salt}`)}; }`)
  const [main, tag] = await pushes('tagged', { 'ci.nix': same }, refs, 'same')
  assert.deepEqual([main?.names, tag?.names, tag?.reused], [[`${main?.rev}-${salt}`], main?.names, true])
  const looks = configuration(
    `{ tag, ... }: { onPush.default.outputs.a = if tag == null then ${drv(`none-${salt}`)} else ${drv(`\${tag}-${salt}`)}; }`,
  )
  const [untagged, tagged] = await pushes('tag-reader', { 'ci.nix': looks }, refs, 'same')
  assert.deepEqual([untagged?.names, tagged?.names, tagged?.reused], [[`none-${salt}`], [`v1-${salt}`], false])
})

test('a flake that prints self.rev prints each commit’s own', async () => {
  const flake = `{ outputs = { self }: { packages.x86_64-linux.a = ${drv(`\${self.rev}-${salt}`)}; }; }`
  for (const { names, rev, reused } of await pushes('flake', { 'flake.nix': flake }, branches, 'new'))
    assert.deepEqual([names, reused], [[`${rev}-${salt}`], false])
})

test('what reads the clock is evaluated for each push', async () => {
  const clock = configuration(
    `{ ... }: { onPush.default.outputs.a = builtins.seq __currentTime (${drv(`clock-${salt}`)}); }`,
  )
  const [, dev] = await pushes('clock', { 'ci.nix': clock }, branches, 'new')
  assert.equal(dev?.reused, false)
})
