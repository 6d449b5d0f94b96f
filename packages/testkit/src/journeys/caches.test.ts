/** What is there already is not built again, by the real agent with the real Nix; agents with a store each. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startAgent } from '../agent.ts'
import { openFileCache } from '../file-cache.ts'
import { type Installation, startInstallation } from '../installation.ts'
import { startIsolatedAgent } from '../isolated-agent.ts'
import { openRepository } from '../repository.ts'
import { finishedCommit } from '../wait.ts'

const run = promisify(execFile)

/** `top` needs `middle`, which needs `low`; no output refers to another. */
function chain(salt: string, more: { top?: string; low?: string; change?: string } = {}): string {
  return `let
    make = name: needs: more: derivation ({
      inherit name needs;
      system = "x86_64-linux"; builder = "/bin/sh"; salt = "${salt}";
      args = [ "-c" "read x < $data; for n in $needs; do read y < $n; done; echo $x $y > $out" ];
      data = ./data.txt;
    } // more);
    low = make "low" [ ] { ${more.low ?? ''} };
    middle = make "middle" [ low ] { };
  in { herculesCI = { ... }: { onPush.default.outputs.top = make "top" [ middle ] { change = "${more.change ?? ''}"; ${more.top ?? ''} }; }; }`
}

async function push(firn: Installation, text: string) {
  await using repository = await openRepository()
  const rev = await repository.commit({ 'ci.nix': text, 'data.txt': 'a line' })
  await repository.push(firn.remote('chain'), '+HEAD:refs/heads/main')
  const { jobs } = await finishedCommit(firn.client, 'chain', rev, 120_000)
  const job = jobs.at(-1)
  assert.equal(job?.jobStatus, 'Success', job?.because)
  const { items } = await firn.client.firn.attributes({ id: job?.id ?? '' })
  const accountId = (await firn.client.accounts.list({}))[0]?.id ?? ''
  const detail = (drv: string) => firn.client.derivations.get({ id: accountId, drv })
  const top = await detail(items[0]?.derivationPath ?? '')
  const middle = await detail(top.inputDerivations[0]?.derivationPath ?? '')
  const low = await detail(middle.inputDerivations[0]?.derivationPath ?? '')
  return { top, middle, low, agents: [top, middle, low].map(({ because }) => because) }
}

test('what the shared store has is green without a build, and what it has no more is built again', async () => {
  const salt = randomUUID()
  {
    await using first = await startInstallation()
    await using _agent = await startAgent(first)
    const { agents } = await push(first, chain(salt))
    assert.ok(
      agents.every((because) => /^Built on /.test(because)),
      agents.join(),
    )
  }
  await using firn = await startInstallation()
  const agent = await startAgent(firn)
  const { top, middle, low } = await push(firn, chain(salt))
  assert.equal(top.because, "Already there, so it was not built: the agent's own store has it.")
  assert.deepEqual([top.logId, middle.status, low.status], [null, 'NotPlanned', 'NotPlanned'])

  const changed = await push(firn, chain(salt, { change: 'once' }))
  assert.match(changed.top.because, /^Built on /)
  assert.equal(changed.middle.because, "Needs no build: the agent's own store has it.")
  await agent.stop() // a running one keeps what it has used from being collected
  for (const gone of [changed.middle, changed.low])
    await run('nix-store', ['--delete', '--ignore-liveness', gone.outputs[0]?.path ?? ''])
  await using _another = await startAgent(firn)
  const again = await push(firn, chain(salt, { change: 'twice' }))
  for (const because of again.agents) assert.match(because, /^Built on /)
})

test('4.10.3, 4.11.1, 4.11.3 agents with a store each build one graph through their cache', async () => {
  await using cache = await openFileCache()
  const { caches } = cache
  await using firn = await startInstallation()
  const [binDir] = (process.env.FIRN_TEST_NIX ?? '').split(':').filter(Boolean)
  await using _left = await startIsolatedAgent(firn, { features: ['left'], caches })
  await using _right = await startIsolatedAgent(firn, { features: ['right'], caches, ...(binDir && { binDir }) })
  const wants = (feature: string) => `requiredSystemFeatures = [ "${feature}" ];`
  const text = chain(randomUUID(), { low: wants('left'), top: wants('right') })
  const { agents, top, middle } = await push(firn, text)
  assert.ok(
    agents.every((because) => /^Built on /.test(because)),
    agents.join(),
  )
  assert.deepEqual(top.outputs[0]?.path?.slice(44), 'top')

  await using fresh = await startInstallation()
  await using third = await startIsolatedAgent(fresh, { features: ['left', 'right'], caches })
  const cached = await push(fresh, text)
  assert.equal(cached.top.because, `Already there, so it was not built: file://${cache.folder} has it.`, third.said())
  await rm(`${cache.folder}/${middle.outputs[0]?.path?.slice(11, 43)}.narinfo`)
  const changed = await push(fresh, text.replace('change = ""', 'change = "x"'))
  for (const because of changed.agents.slice(0, 2)) assert.match(because, /^Built on /)
  assert.match(changed.low.because, /^Needs no build: file:/)
})

test('1.14.2 a cache on this machine counts, the store beside it does not: what only that has is pushed', async () => {
  const salt = randomUUID()
  await using cache = await openFileCache()
  await using firn = await startInstallation()
  {
    await using _agent = await startAgent(firn)
    await push(firn, chain(salt))
  }
  await using fresh = await startInstallation()
  await using _agent = await startAgent(fresh, { caches: cache.caches })
  const first = await push(fresh, chain(salt))
  assert.match(first.top.because, /^Built on /)
  await using other = await startInstallation()
  await using _other = await startAgent(other, { caches: cache.caches })
  const { top } = await push(other, chain(salt))
  assert.equal(top.because, `Already there, so it was not built: file://${cache.folder} has it.`)
})
