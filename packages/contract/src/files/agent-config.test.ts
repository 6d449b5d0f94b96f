import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AgentConfigFile, type BuildSettings, type EvaluationSettings, logLevels } from './agent-config.ts'

const base = { baseDirectory: '/var/lib/agent' }

function problems(file: object): string[] {
  const read = AgentConfigFile.safeParse(file)
  return read.success ? [] : read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
}

const absolute = 'must be an absolute path'
const concurrent = 'must be a whole number of at least 1, or "auto"'
const url = 'must be an http or https URL'

/** Keys that this version acts on: values it takes, and values it refuses with the reason. */
const honoured: Record<string, { taken: unknown[]; refused: [value: unknown, because: string][] }> = {
  apiBaseUrl: {
    taken: ['https://ci.example.org', 'http://[::1]:8080'],
    refused: [
      ['ftp://x', url],
      ['x', url],
      [1, url],
    ],
  },
  baseDirectory: {
    taken: ['/'],
    refused: [
      ['var', absolute],
      ['', absolute],
      [undefined, 'You need to specify "baseDirectory"'],
    ],
  },
  staticSecretsDirectory: { taken: ['/s'], refused: [['s', absolute]] },
  workDirectory: { taken: ['/w'], refused: [['./w', absolute]] },
  clusterJoinTokenPath: { taken: ['/t'], refused: [['~/t', absolute]] },
  binaryCachesPath: { taken: ['/b.json'], refused: [['b.json', absolute]] },
  concurrentTasks: {
    taken: [1, 64, 'auto'],
    refused: [
      [0, 'concurrentTasks must be at least 1'],
      [-1, 'concurrentTasks must be at least 1'],
      ['many', concurrent],
      [1.5, concurrent],
      [true, concurrent],
    ],
  },
  logLevel: {
    taken: Object.keys(logLevels),
    refused: [
      ['info', ''],
      ['Debug', ''],
      [3, ''],
    ],
  },
  remotePlatformsWithSameFeatures: {
    taken: [[], ['aarch64-linux']],
    refused: [['aarch64-linux', '']],
  },
  nixUserIsTrusted: { taken: [false, true], refused: [['yes', '']] },
  labels: {
    taken: [{}, { rack: 1, any: { json: [null] } }],
    refused: [
      [[], ''],
      ['x', ''],
    ],
  },
}

/** Keys that it only knows: their defaults are taken, anything else is refused. */
const notYet: Record<string, { taken: unknown[]; refused: unknown[] }> = {
  secretsJsonPath: { taken: [], refused: ['/secrets.json'] },
  nixVerbosity: { taken: ['Talkative'], refused: ['Vomit', 'Error'] },
  allowInsecureBuiltinFetchers: { taken: [false], refused: [true] },
  effectMountables: { taken: [{}], refused: [{ kvm: { source: '/dev/kvm', readOnly: false } }] },
  nixSettings: { taken: [{}], refused: [{ cores: '4' }] },
}

/** Sections that the document does not have. */
const own = ['evaluation', 'build', 'drainSeconds']

/** Of the section `evaluation`. */
const limits: Record<keyof EvaluationSettings, { taken: number[]; refused: unknown[] }> = {
  attributesMax: { taken: [1, 1e6], refused: [0, -1, 1.5, '1'] },
  attributeSeconds: { taken: [0.5, 1e6], refused: [0, -1, '10 min'] },
  evaluationSeconds: { taken: [0.5, 1e6], refused: [0, -1, '2 h'] },
  evaluatorMegabytes: { taken: [64, 1e6], refused: [63, 0, '4 GiB'] },
  totalMegabytes: { taken: [4096, 1e6], refused: [4095, 63, true] },
  messageMegabytes: { taken: [0.5], refused: [0, '16'] },
  scratchMegabytes: { taken: [0.5], refused: [0, '16'] },
  storeMegabytes: { taken: [0.5], refused: [0, '16'] },
}

test('4.1.2 every option of the document is known', () => {
  const known = [...Object.keys(honoured), ...Object.keys(notYet)]
  assert.deepEqual(Object.keys(AgentConfigFile.shape).sort(), [...known, ...own].sort())
  assert.equal(known.length, 16)
})

for (const [key, { taken, refused }] of Object.entries(honoured))
  test(`4.1.2 ${key} is honoured, and refused with a reason where it is wrong`, () => {
    for (const value of taken) assert.deepEqual(problems({ ...base, [key]: value }), [], JSON.stringify(value))
    for (const [value, because] of refused) {
      const found = problems({ ...base, [key]: value })
      assert.equal(found.length, 1, JSON.stringify(value))
      assert.ok(found[0]?.startsWith(`${key}: ${because}`), found[0])
    }
  })

for (const [key, { taken, refused }] of Object.entries(notYet))
  test(`4.1.2 ${key} is taken with its default and otherwise refused as not yet honoured`, () => {
    for (const value of taken) assert.deepEqual(problems({ ...base, [key]: value }), [], JSON.stringify(value))
    for (const value of refused)
      assert.deepEqual(problems({ ...base, [key]: value }), [
        `${key}: ${key} is not yet honoured by this version of the agent; remove it`,
      ])
    assert.equal(problems({ ...base, [key]: 12 }).length, 1, 'another type')
  })

test('4.1.2 what is not given has its default', () => {
  const file = AgentConfigFile.parse(base)
  const { evaluation, build, drainSeconds, ...published } = file
  const none = { labels: {}, nixUserIsTrusted: false, remotePlatformsWithSameFeatures: [] }
  assert.deepEqual(published, { ...base, concurrentTasks: 'auto', logLevel: 'InfoS', ...none })
  assert.deepEqual([build, drainSeconds], [{ minFreeMegabytes: 1024, keepHours: 2 }, 60])
  assert.deepEqual(evaluation, {
    attributesMax: 50_000,
    attributeSeconds: 600,
    evaluationSeconds: 7200,
    evaluatorMegabytes: 4096,
    totalMegabytes: 8192,
    messageMegabytes: 16,
    scratchMegabytes: 4096,
    storeMegabytes: 16_384,
  })
})

test('4.1.3 unknown keys are refused by name, unlike in the original', () => {
  assert.match(problems({ ...base, lables: {}, concurrenttasks: 3 }).join(), /lables.*concurrenttasks/)
})

for (const [key, { taken, refused }] of Object.entries(limits))
  test(`evaluation.${key} is a limit, refused with a reason where it is none`, () => {
    for (const value of taken) assert.deepEqual(problems({ ...base, evaluation: { [key]: value } }), [], String(value))
    for (const value of refused)
      assert.match(
        problems({ ...base, evaluation: { [key]: value } }).join(),
        new RegExp(`^evaluation.${key}: must be`),
      )
  })

const buildLimits: Record<keyof BuildSettings, { taken: unknown[]; refused: unknown[] }> = {
  timeoutSeconds: { taken: [1, 1e6], refused: [0, 1.5, '1 h'] },
  maxSilentSeconds: { taken: [1, 1e6], refused: [0, 1.5, '1 h'] },
  maxLogMegabytes: { taken: [0.1, 1e6], refused: [0, -1, '1 GB'] },
  keepBuildLog: { taken: [true, false], refused: ['no', 0] },
  keepHours: { taken: [0.1, 1000], refused: [0, '1 d'] },
  minFreeMegabytes: { taken: [0, 0.5, 1e6], refused: [-1, '1 GB'] },
}

for (const [key, { taken, refused }] of Object.entries(buildLimits))
  test(`build.${key} is refused with a reason where it is none`, () => {
    for (const value of taken) assert.deepEqual(problems({ ...base, build: { [key]: value } }), [], String(value))
    for (const value of refused)
      assert.match(problems({ ...base, build: { [key]: value } }).join(), new RegExp(`^build.${key}: must be`))
  })

test('drainSeconds may be nothing, and not less', () => {
  for (const drainSeconds of [0, 0.5, 3600]) assert.deepEqual(problems({ ...base, drainSeconds }), [])
  for (const drainSeconds of [-1, '1 min'])
    assert.match(problems({ ...base, drainSeconds }).join(), /^drainSeconds: must be/)
})

test('4.1.3 an unknown limit is refused by name', () => {
  assert.match(problems({ ...base, evaluation: { attributeMinutes: 1 } }).join(), /^evaluation: .*attributeMinutes/)
})

test('all problems are told together', () => {
  const file = {
    workDirectory: 'w',
    concurrentTasks: 0,
    allowInsecureBuiltinFetchers: true,
    secretsJsonPath: '/s',
    logLevel: 'loud',
    x: 1,
  }
  const keys = problems(file)
    .map((problem) => problem.split(':')[0])
    .sort()
  assert.deepEqual(keys, [
    '',
    'allowInsecureBuiltinFetchers',
    'baseDirectory',
    'concurrentTasks',
    'logLevel',
    'secretsJsonPath',
    'workDirectory',
  ])
})
