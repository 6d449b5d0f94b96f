import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { startAgent, type TestAgent } from '../agent.ts'
import { type Installation, startInstallation } from '../installation.ts'
import { openRepository } from '../repository.ts'
import { finishedCommit } from '../wait.ts'

/** Repositories of every kind through the whole installation: the real server, the real agent, the real Nix. */
let firn: Installation
let agent: TestAgent
before(async () => {
  firn = await startInstallation()
  agent = await startAgent(firn)
})
after(async () => {
  await agent.stop()
  await firn[Symbol.asyncDispose]()
})

const salt = randomUUID()
const build = (name: string, script: string, more = '') =>
  `derivation { name = "${name}"; system = "x86_64-linux"; builder = "/bin/sh"; salt = "${salt}"; args = [ "-c" "${script}" ]; ${more} }`

async function push(project: string, files: Record<string, string>) {
  await using repository = await openRepository()
  const rev = await repository.commit(files)
  await repository.push(firn.remote(project), '+HEAD:refs/heads/main')
  const { jobs } = await finishedCommit(firn.client, project, rev, 90_000)
  const last = jobs.at(-1)
  assert.ok(last)
  const { items } = await firn.client.firn.attributes({ id: last.id })
  return {
    rev,
    jobs: jobs.map((job) => [job.jobType, job.jobName, job.jobStatus]),
    states: Object.fromEntries(items.map((row) => [row.path.join('.'), row.state])),
    overview: await firn.client.firn.jobOverview({ id: last.id }),
  }
}

test('2.1.3 a repository without herculesCI makes one Legacy job that is green when all is built', async () => {
  const { jobs, states } = await push('legacy', {
    'default.nix': `{ a = ${build('legacy-a', 'echo a > $out')}; nested = { recurseForDerivations = true; b = ${build('legacy-b', 'echo b > $out')}; }; }`,
  })
  assert.deepEqual(jobs, [['Legacy', null, 'Success']])
  assert.deepEqual(states, { a: 'Succeeded', 'nested.b': 'Succeeded' })
})

test('1.4.1 a flake with a herculesCI attribute', async () => {
  const { jobs, states, rev } = await push('flake', {
    'flake.nix': `{
      outputs = { self }: {
        herculesCI = { primaryRepo, ... }: {
          onPush.default.outputs = {
            hello = ${build('flake-hello', 'echo $rev > $out', 'rev = primaryRepo.rev;')};
            effects.deploy = (${build('deploy', 'exit 1')}) // { isEffect = true; };
          };
        };
      };
    }`,
    'flake.lock': '{ "nodes": { "root": {} }, "root": "root", "version": 7 }',
  })
  assert.equal(rev.length, 40)
  assert.deepEqual(jobs, [
    ['Config', null, 'Success'],
    ['OnPush', 'default', 'Success'],
  ])
  assert.deepEqual(states, { hello: 'Succeeded', 'effects.deploy': 'NotRun' })
})

test('1.5.1 a flake without one gets the default job', async () => {
  const { jobs, states } = await push('plain-flake', {
    'flake.nix': `{
      outputs = { self }: {
        packages.x86_64-linux.default = ${build('plain-default', 'echo x > $out')};
        checks.x86_64-linux.works = ${build('plain-check', 'echo ok > $out')};
        hydraJobs.ignored = 1;
      };
    }`,
    'flake.lock': '{ "nodes": { "root": {} }, "root": "root", "version": 7 }',
  })
  assert.deepEqual(jobs.at(-1), ['OnPush', 'default', 'Success'])
  assert.deepEqual(states, { 'checks.x86_64-linux.works': 'Succeeded', 'packages.x86_64-linux.default': 'Succeeded' })
})

test('1.13.5 import from derivation: the attribute waits, the cluster builds, the others go on', async () => {
  const { jobs, states, overview } = await push('ifd', {
    'ci.nix': `let generated = ${build('generated', "echo '{ text = 42; }' > $out")}; in {
      herculesCI = { ... }: { onPush.default.outputs = {
        plain = ${build('ifd-plain', 'echo p > $out')};
        imported = ${build('ifd-user', 'echo $n > $out', 'n = toString (import generated).text;')};
        broken = import (${build('ifd-fails', 'echo no; exit 1')});
      }; };
    }`,
  })
  assert.deepEqual(jobs.at(-1), ['OnPush', 'default', 'Failure'])
  assert.deepEqual(states, { plain: 'Succeeded', imported: 'Succeeded', broken: 'Error' })
  assert.match(
    overview.errors[0]?.errorMessage ?? '',
    /Could not build derivation .*ifd-fails\.drv, which is required during evaluation/,
  )
  assert.equal(overview.errors[0]?.errorType, 'BuildException')
})

test('1.13.5 a project may switch import from derivation off', async () => {
  await push('no-ifd', { 'ci.nix': '{ herculesCI = { ... }: { onPush = { }; }; }' })
  const { id } = await firn.client.projects.bySite({ site: 'local', account: 'local', project: 'no-ifd' })
  await firn.client.firn.changeSettings({ id, importFromDerivation: false })
  const { states, overview } = await push('no-ifd', {
    'ci.nix': `{ herculesCI = { ... }: { onPush.default.outputs.x = import (${build('off', 'echo 1 > $out')}); }; }`,
  })
  assert.deepEqual(states, { x: 'Error' }, overview.job.because)
  assert.match(overview.errors[0]?.errorMessage ?? '', /import from derivation/i)
})

test('1.1.3 a repository with nothing to evaluate says what it looked for', async () => {
  const { jobs, overview } = await push('empty', { README: 'nothing here' })
  assert.deepEqual(jobs, [['Config', null, 'Failure']])
  assert.match(overview.messages[0]?.message ?? '', /Could not find any of nix\/ci.nix, ci.nix/)
})

test('1.10.4 an extra input reaches the outputs function', async () => {
  await push('lib', {
    'flake.nix': '{ outputs = { self }: { value = "from lib"; }; }',
    'flake.lock': '{ "nodes": { "root": {} }, "root": "root", "version": 7 }',
  })
  const { states, overview } = await push('app', {
    'ci.nix': `{ herculesCI = { ... }: { onPush.default = {
      extraInputs.lib = { project = "lib"; };
      outputs = { lib, ... }: { x = ${build('uses-lib', 'echo $v; echo $v > $out', 'v = lib.value;')}; };
    }; }; }`,
  })
  assert.deepEqual(states, { x: 'Succeeded' })
  assert.equal(overview.job.extraInputs.lib?.name, 'lib')
})

test('evaluation and build logs are whole and end', async () => {
  const { overview } = await push('logs', {
    'ci.nix': `{ herculesCI = { ... }: { onPush.default.outputs.x = builtins.trace "seen in the log" (${build('logged', 'echo one; echo two; echo x > $out')}); }; }`,
  })
  const log = await firn.client.firn.logWindow({ id: overview.evaluationLogId ?? '', from: 0, count: 100 })
  assert.ok(log.lines.some((line) => line.t.includes('seen in the log')))
  assert.equal(log.done, true)
})
