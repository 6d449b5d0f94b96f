import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { openRepository } from '../repository.ts'
import { openState, type Up } from '../up.ts'
import { away, finishedCommit, until } from '../wait.ts'

/** Bursts of lines with a phase each, for longer than two restarts take. */
const bursts = 240
const linesOfBurst = 20
const expression = `derivation {
  name = "counting"; system = "x86_64-linux"; builder = "/bin/sh"; salt = "${randomUUID()}";
  args = [ "-c" ''
    for b in $(seq 0 ${bursts - 1}); do
      echo "@nix {\\"action\\":\\"setPhase\\",\\"phase\\":\\"burst $b\\"}"
      for k in $(seq 0 ${linesOfBurst - 1}); do echo "line $((b * ${linesOfBurst} + k))"; done
      sleep 0.15
    done
    echo done > $out'' ];
}`

async function logOf(up: Up, project: string): Promise<string | undefined> {
  const { items } = await up.client.projects.jobsBySite({ site: 'local', account: 'local', project })
  const job = items.find((item) => item.jobType === 'OnPush')
  const drv = job && (await up.client.firn.attributes({ id: job.id })).items[0]?.derivationPath
  const [account] = await up.client.accounts.list({})
  return drv ? ((await up.client.derivations.get({ id: account?.id ?? '', drv })).logId ?? undefined) : undefined
}

test('4.9.2 kill -9 of the server and of the database while a builder prints: every line once, every phase', async () => {
  await using state = await openState()
  const up = await state.start()
  await using repository = await openRepository()
  const rev = await repository.commit({
    'ci.nix': `{ herculesCI = { ... }: { onPush.default.outputs.x = ${expression}; }; }`,
  })
  await repository.push(up.remote('counting'))
  const id = await until('the log to be there', () => logOf(up, 'counting'))
  const grown = (lines: number) =>
    until(`${lines} lines`, async () => {
      const window = await up.client.firn.logWindow({ id, from: -1, count: 1 }).catch(away)
      return window && window.total >= lines && window
    })
  let seen = await grown(100)
  for (const part of ['server', 'postgres'] as const) {
    const victim = await up.part(part)
    process.kill(victim, 'SIGKILL')
    await until(`a new ${part}`, async () => (await up.part(part)) !== victim)
    const now = await grown(seen.total)
    assert.ok(now.total >= seen.total, 'what was shown is still there')
    seen = await grown(now.total + 40)
  }
  assert.equal(seen.done, false, 'the builder still printed when the last was killed')
  await finishedCommit(up.client, 'counting', rev, 120_000)
  const { lines, done } = await up.client.firn.logWindow({ id, from: 0, count: 5000 })
  assert.equal(done, true)
  assert.deepEqual(
    lines.map((line) => line.t).filter((t) => t.startsWith('line ')),
    Array.from({ length: bursts * linesOfBurst }, (_, i) => `line ${i}`),
  )
  const first = lines.find((line) => line.t === 'line 0')?.i ?? Number.NaN
  assert.deepEqual(
    await up.client.firn.logPhases({ id }),
    Array.from({ length: bursts }, (_, b) => ({ i: first + b * linesOfBurst, name: `burst ${b}` })),
  )
})
