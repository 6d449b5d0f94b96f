import { fileViewOf } from '@firn/core/forge/file-view'
import { logOf } from '../log.ts'
import { ago, idOf, makeAttribute, makeDerivation, makeJob, makeProject, noBuilds, revOf } from '../make.ts'
import { makeRepository } from '../routes/repository.ts'
import type { StoredJob, World } from '../world.ts'

const names = ['hello', 'libgreet', 'greet-cli', 'docs', 'manual', 'fmt', 'lint', 'unit-tests', 'integration', 'image']

/** Green: forty jobs of which two were red; the newest is green. */
export function green(world: World): void {
  const project = makeProject('hello')
  const messages = [
    'greet: say hello in Finnish',
    'flake: update inputs',
    'cli: exit 1 when the name is empty',
    'ci: build the manual',
  ]
  const jobs = Array.from({ length: 40 }, (_, i): StoredJob => {
    const index = 40 - i
    const red = index === 33 || index === 21
    const start = 1200 + i * 7300
    const job = makeJob(project, {
      index,
      message: messages[index % messages.length] ?? '',
      ref: index % 5 === 0 ? 'refs/heads/feature/plurals' : 'refs/heads/main',
      startTime: ago(start),
      endTime: ago(start - 40 - ((index * 37) % 60)),
      ...(red && { jobStatus: 'Failure', derivationStatus: 'Failure', because: '1 of 24 failed.' }),
    })
    return { job, part: {}, attributes: i === 0 ? greenAttributes() : [] }
  })
  const config = makeJob(project, {
    index: 41,
    jobType: 'Config',
    jobName: null,
    rev: revOf('hello 40'),
    ref: 'refs/heads/feature/plurals',
    message: messages[0] ?? '',
    startTime: ago(1205),
    endTime: ago(1202),
    because: 'The configuration declares 1 job.',
    counts: noBuilds,
  })
  const handlers = { onPush: [{ name: 'default', isFlake: true, extraInputs: {} }], onSchedule: [] }
  world.addProject(project, [{ job: config, part: { handlers }, attributes: [] }, ...jobs])
  world.addDerivation(helloDerivation(project.id, jobs[0]?.job.id ?? ''), logOf(helloLog))
}

const helloLog = ['unpacking sources', 'building', '\x1b[32m3 tests passed\x1b[0m', 'installing']

function helloDerivation(projectId: string, jobId: string) {
  return makeDerivation('hello', {
    usedInProjects: [projectId],
    inputDerivations: names.slice(1, 4).map((n) => ({
      derivationPath: makeDerivation(n).derivationPath,
      outputs: ['out'],
      status: 'BuildSuccess' as const,
    })),
    usedBy: [
      {
        jobId,
        jobIndex: 40,
        projectName: 'hello',
        site: 'local',
        account: 'local',
        ref: 'refs/heads/main',
        attributes: [['packages', 'x86_64-linux', 'hello']],
      },
    ],
  })
}

function greenAttributes() {
  return names
    .flatMap((n) => [
      makeAttribute(['packages', 'x86_64-linux', n]),
      ...(n.length > 4 ? [makeAttribute(['checks', 'x86_64-linux', n], { durationMs: 61_000 })] : []),
    ])
    .sort((a, b) => (a.path.join('.') < b.path.join('.') ? -1 : 1))
}

/** A repository without herculesCI, one whose configuration declares nothing, one that was never pushed to. */
export function small(world: World): void {
  const legacy = makeProject('legacy')
  world.addProject(legacy, [
    {
      job: makeJob(legacy, { index: 3, jobType: 'Legacy', jobName: null, message: 'ci.nix: two systems' }),
      part: {},
      attributes: [makeAttribute(['tool']), makeAttribute(['tests', 'unit'], { typ: 'MayFail', state: 'Ignored' })],
    },
  ])
  const empty = makeProject('nothing-to-do')
  world.addProject(empty, [
    {
      job: makeJob(empty, {
        index: 1,
        jobType: 'Config',
        jobName: null,
        message: 'herculesCI: onPush = { }',
        startTime: ago(95),
        endTime: ago(93),
        because: 'The configuration declares no jobs (onPush = { }).',
        counts: noBuilds,
      }),
      part: {},
      attributes: [],
    },
  ])
  world.addProject(makeProject('fresh', { defaultBranch: null }))
  follow(world)
}

/** Effects and schedules that this version lists and does not run. */
export function deploying(world: World): void {
  const project = makeProject('website')
  const job = makeJob(project, {
    index: 12,
    message: 'deploy from CI',
    because: 'All 3 attributes built; 1 effect was not run by this version.',
    counts: { ...noBuilds, buildSuccess: 3 },
  })
  const handlers = {
    onPush: [{ name: 'default', isFlake: true, extraInputs: {} }],
    onSchedule: [
      {
        name: 'nightly-update',
        isFlake: true,
        extraInputs: {},
        when: { hour: [3], minute: 17, dayOfWeek: undefined, dayOfMonth: undefined },
      },
    ],
  }
  world.addProject(project, [
    {
      job,
      part: {
        notRun: [
          { what: 'effect', name: 'effects.deploy' },
          { what: 'schedule', name: 'nightly-update' },
        ],
      },
      attributes: [
        makeAttribute(['checks', 'x86_64-linux', 'links']),
        makeAttribute(['effects', 'deploy'], { typ: 'Effect', state: 'NotRun', durationMs: null, startedAt: null }),
        makeAttribute(['packages', 'x86_64-linux', 'site']),
      ],
    },
    {
      job: makeJob(project, {
        index: 11,
        jobType: 'Config',
        jobName: null,
        rev: job.source.revision,
        message: 'deploy from CI',
        because: 'The configuration declares 1 job and 1 schedule.',
        counts: noBuilds,
      }),
      part: { handlers, notRun: [{ what: 'schedule', name: 'nightly-update' }] },
      attributes: [],
    },
  ])
}

/** Fifty thousand attributes, three of them red, and a log of a million lines. */
export function large(world: World, attributes = 50_000): void {
  const project = makeProject('nixpkgs-subset')
  const bad = new Set([1234, 20_000, 41_111])
  const rows = Array.from({ length: attributes }, (_, i) => {
    const set = `set${String(Math.floor(i / 500)).padStart(3, '0')}`
    const name = `package-${String(i % 500).padStart(3, '0')}`
    return makeAttribute(['legacyPackages', 'x86_64-linux', set, name], {
      ...(bad.has(i) && { state: 'Failed' }),
      durationMs: 200 + ((i * 7919) % 90_000),
    })
  })
  const job = makeJob(project, {
    index: 7,
    message: 'everything',
    jobStatus: 'Failure',
    derivationStatus: 'Failure',
    because: `3 of ${attributes.toLocaleString('en')} failed.`,
    counts: { ...noBuilds, buildSuccess: attributes - 3, buildFailure: 3 },
    startTime: ago(9000),
    endTime: ago(1400),
  })
  world.addProject(project, [{ job, part: { evaluationLogId: idOf('log big') }, attributes: rows }])
  world.addDerivation(makeDerivation('rustc-stage2', { logId: idOf('log big') }))
}

const unfocused = {
  expressionPath: ['packages', 'x86_64-linux', 'mirror'],
  errorMessage: "attribute 'focus' missing\n\nat ./nix/mirror set.nix:7:3:",
  errorDerivation: null,
  errorType: 'MissingAttribute',
  trace: '… while calling a function\n  at /nix/store/0c9v6xqb3zj2v5n0y4c7r9d1b6h3m2p5-nixpkgs/lib/attrsets.nix:1:2:',
}

/** A repository elsewhere that does not let us in any more. */
function follow(world: World): void {
  const url = 'https://forge.example/team/telescope.git'
  const fileTemplate = 'https://forge.example/{owner}/{name}/blob/{rev}/{path}#L{line}'
  const fileView = fileViewOf({ url, template: fileTemplate })
  const project = makeProject('telescope', { remoteURL: url, httpURL: null, fileView })
  const job = makeJob(project, { index: 1, jobStatus: 'Failure', because: '1 attribute has an error.' })
  const stored = world.addProject(project, [{ job, part: { errors: [unfocused] }, attributes: [] }])
  stored.repository = makeRepository(project.id, {
    url,
    fileTemplate,
    username: 'ada',
    hasPassword: true,
    seenAt: ago(7200),
    error:
      'It does not let us in: check user name and password (or token) in the settings of the project. (Git says: fatal: Authentication failed)',
    pokeSecrets: [{ id: idOf('poke secret'), createdAt: ago(86_400) }],
  })
}
