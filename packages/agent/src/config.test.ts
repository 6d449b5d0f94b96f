import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { EvaluationSettings } from '@firn/contract/files/agent-config'
import { readAgentConfig } from './config.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firn-config-'))
})
after(() => rm(folder, { recursive: true }))

async function read(name: string, text: string, env: Record<string, string> = {}) {
  const file = join(folder, name)
  await writeFile(file, text)
  return { file, result: await readAgentConfig(file, env) }
}

async function accepted(name: string, text: string, env: Record<string, string> = {}) {
  const { result } = await read(name, text, env)
  assert.ok(result.ok, JSON.stringify(result))
  return result.config
}

async function problems(name: string, text: string, env: Record<string, string> = {}) {
  const { file, result } = await read(name, text, env)
  assert.ok(!result.ok)
  return result.problems.map((problem) => problem.replaceAll(file, 'FILE'))
}

test('4.1.2 paths derive from baseDirectory, the rest has its defaults', async () => {
  assert.deepEqual(await accepted('a.toml', 'baseDirectory = "/var/lib/agent"', { PATH: '/bin', SECRET: 'x' }), {
    apiBaseUrl: 'https://hercules-ci.com',
    baseDirectory: '/var/lib/agent',
    workDirectory: '/var/lib/agent/work',
    clusterJoinTokenPath: '/var/lib/agent/secrets/cluster-join-token.key',
    sessionTokenPath: '/var/lib/agent/secretState/session.key',
    binaryCachesPath: '/var/lib/agent/secrets/binary-caches.json',
    concurrentTasks: Math.max(2, availableParallelism()),
    logLevel: 'info',
    labels: {},
    evaluation: EvaluationSettings.parse({}),
    build: { minFreeMegabytes: 1024, keepHours: 2 },
    drainSeconds: 60,
    nixUserIsTrusted: false,
    remotePlatformsWithSameFeatures: [],
    environment: { PATH: '/bin' },
  })
})

test('4.1.2 what is given counts', async () => {
  const text = `
    baseDirectory = "/b"
    staticSecretsDirectory = "/s"
    workDirectory = "/w"
    apiBaseUrl = "http://127.0.0.1:8080/"
    binaryCachesPath = "/caches.json"
    concurrentTasks = 7
    logLevel = "DebugS"
    labels = { rack = "4", cores = 8 }`
  const config = await accepted('b.toml', text, { HERCULES_CI_API_BASE_URL: 'https://other.example' })
  assert.equal(config.clusterJoinTokenPath, '/s/cluster-join-token.key')
  assert.equal(config.binaryCachesPath, '/caches.json')
  assert.equal(config.workDirectory, '/w')
  assert.equal(config.apiBaseUrl, 'http://127.0.0.1:8080')
  assert.equal(config.concurrentTasks, 7)
  assert.equal(config.logLevel, 'debug')
  assert.deepEqual(config.labels, { rack: '4', cores: 8 })
})

test('4.1.2 apiBaseUrl comes from the newer variable, then the older one', async () => {
  const env = { HERCULES_CI_API_BASE_URL: 'https://new.example', HERCULES_API_BASE_URL: 'https://old.example' }
  assert.equal((await accepted('c.toml', 'baseDirectory = "/b"', env)).apiBaseUrl, 'https://new.example')
  const old = { HERCULES_API_BASE_URL: 'https://old.example' }
  assert.equal((await accepted('c.toml', 'baseDirectory = "/b"', old)).apiBaseUrl, 'https://old.example')
})

test('4.1.1, 4.1.3 a name ending in .json is JSON, where null is unset', async () => {
  const config = await accepted('d.json', '{"baseDirectory": "/b", "labels": null, "concurrentTasks": "auto"}')
  assert.deepEqual(config.labels, {})
})

test('4.1.2 all problems are reported together, with file and key', async () => {
  const text =
    'concurrentTasks = 0\nallowInsecureBuiltinFetchers = true\nlogLevel = "loud"\nlables = { a = 1 }\nworkDirectory = "work"'
  const found = (await problems('e.toml', text)).sort()
  assert.equal(found.length, 6, found.join('\n'))
  assert.ok(found.every((problem) => problem.startsWith('FILE: ')))
  assert.ok(found.includes('FILE: You need to specify "baseDirectory"'), found.join('\n'))
  assert.ok(found.includes('FILE: concurrentTasks must be at least 1'), found.join('\n'))
  assert.ok(
    found.includes('FILE: allowInsecureBuiltinFetchers is not yet honoured by this version of the agent; remove it'),
  )
  assert.ok(found.includes('FILE: lables: the agent has no such setting'))
  assert.ok(found.includes('FILE: workDirectory: must be an absolute path'))
})

test('the section [evaluation] is Firn’s own: what is given counts, all problems are reported with their place', async () => {
  const text = 'baseDirectory = "/b"\n[evaluation]\nattributesMax = 7\nattributeSeconds = 1.5\nevaluatorMegabytes = 100'
  const { evaluation } = await accepted('h.toml', text)
  assert.deepEqual([evaluation.attributesMax, evaluation.attributeSeconds, evaluation.totalMegabytes], [7, 1.5, 200])
  const wrong = `labels = 1\n[evaluation]\nattributesMax = 0\nmessageMegabytes = "16"\nevaluationSecond = 1\nevaluatorMegabytes = 8`
  assert.deepEqual((await problems('i.toml', wrong)).sort(), [
    'FILE: You need to specify "baseDirectory"',
    'FILE: evaluation.attributesMax: must be at least 1',
    'FILE: evaluation.evaluationSecond: the agent has no such setting',
    'FILE: evaluation.evaluatorMegabytes: must be at least 64',
    'FILE: evaluation.messageMegabytes: must be a number of megabytes',
    'FILE: labels: Invalid input: expected record, received number',
  ])
  const less = await problems(
    'j.toml',
    'baseDirectory = "/b"\n[evaluation]\nevaluatorMegabytes = 500\ntotalMegabytes = 400',
  )
  assert.deepEqual(less, ['FILE: evaluation.totalMegabytes: must be at least evaluatorMegabytes'])
  const json = await accepted('k.json', '{"baseDirectory": "/b", "evaluation": {"attributesMax": null}}')
  assert.equal(json.evaluation.attributesMax, 50_000)
})

test('the section [build] is Firn’s own too', async () => {
  const text = 'baseDirectory = "/b"\ndrainSeconds = 5\n[build]\ntimeoutSeconds = 60\nmaxLogMegabytes = 1.5'
  const { build, drainSeconds } = await accepted('l.toml', text)
  assert.deepEqual(
    [build, drainSeconds],
    [{ timeoutSeconds: 60, maxLogMegabytes: 1.5, minFreeMegabytes: 1024, keepHours: 2 }, 5],
  )
  const json = await accepted('m.json', '{"baseDirectory": "/b", "build": {"timeoutSeconds": null}}')
  assert.deepEqual(json.build, { minFreeMegabytes: 1024, keepHours: 2 })
})

test('4.1.2 the only text for concurrentTasks is "auto"', async () => {
  const found = await problems('f.toml', 'baseDirectory = "/b"\nconcurrentTasks = "many"')
  assert.match(found.join('\n'), /concurrentTasks.*"auto"/)
})

test('what is no TOML, or no file, is told in a sentence', async () => {
  assert.match((await problems('g.toml', 'a = = 1')).join(), /^FILE: not TOML: /)
  const missing = await readAgentConfig(join(folder, 'none.toml'), {})
  assert.deepEqual(missing, { ok: false, problems: [`${join(folder, 'none.toml')}: there is no such file`] })
})
