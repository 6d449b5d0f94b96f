import type { AttributeRow } from '@firn/contract/api/evaluation'
import type { FailureGroup } from '@firn/contract/api/overview'
import { failingBuildLines, logOf } from '../log.ts'
import { ago, drvPath, idOf, makeAttribute, makeDerivation, makeJob, makeProject, noBuilds } from '../make.ts'
import type { World } from '../world.ts'

const blocked = ['cli', 'daemon', 'gui', 'plugins', 'image-x86', 'image-arm', 'docs-examples']
const packages = (name: string) => ['packages', 'x86_64-linux', name]

type AttributeError = NonNullable<AttributeRow['error']>

const throwing: AttributeError = {
  expressionPath: ['checks', 'x86_64-linux', 'license-headers'],
  errorMessage: [
    '\x1b[31;1merror:\x1b[0m',
    "       … while calling the '\x1b[35;1mthrow\x1b[0m' builtin",
    '         \x1b[34;1mat /nix/store/0c9v6xq-source/flake.nix:41:25:\x1b[0m',
    '           40|         checks = {',
    '           41|           license-headers = \x1b[31;1mthrow\x1b[0m "every file needs an SPDX line";',
    '             |                             \x1b[31;1m^\x1b[0m',
    '           42|         };',
    '',
    '       \x1b[31;1merror:\x1b[0m every file needs an SPDX line',
  ].join('\n'),
  errorDerivation: null,
  errorType: 'ThrownError',
  trace: null,
}

const typeError: AttributeError = {
  expressionPath: packages('windows-installer'),
  errorMessage:
    '\x1b[31;1merror:\x1b[0m value is \x1b[35;1ma string\x1b[0m while \x1b[35;1ma set\x1b[0m was expected\n\n       \x1b[34;1mat /nix/store/0c9v6xq-source/installer.nix:7:14:\x1b[0m',
  errorDerivation: null,
  errorType: 'TypeError',
  trace: null,
}

/** Red: a failing derivation that blocks seven, a build that broke for a reason of ours, two evaluation errors. */
export function broken(world: World): void {
  const project = makeProject('parser')
  const job = makeJob(project, {
    index: 88,
    message: 'parse: read the header with strlcpy\n\nIt is safer than strncpy.',
    startTime: ago(260),
    endTime: ago(192),
    jobStatus: 'Failure',
    evaluationStatus: 'Failure',
    derivationStatus: 'Failure',
    because: '2 attributes have errors, 2 of 31 builds failed, 7 are blocked by them.',
    counts: { ...noBuilds, buildSuccess: 22, buildFailure: 2, dependencyFailure: 7 },
  })
  const log = logOf(failingBuildLines)
  const failures: FailureGroup[] = [
    {
      derivationPath: drvPath('libparse-2.4.1'),
      technicalError: null,
      failure: { how: 'exited', code: 2 },
      because: 'The build failed on build01: the builder ended with exit code 2; its last lines say why.',
      attributes: [packages('libparse')],
      blocks: blocked.map(packages),
      blocksTotal: blocked.length,
      lastLines: log.texts.slice(-8),
      logId: idOf('log libparse-2.4.1'),
      remembered: { at: ago(7900), job: { site: 'local', account: 'local', project: 'parser', index: 87 } },
    },
    {
      derivationPath: drvPath('fuzz-corpus-2026.11'),
      technicalError: 'No space left on device while unpacking the input of the build on build02.',
      failure: null,
      because: 'No space left on device while unpacking the input of the build on build02.',
      attributes: [['checks', 'x86_64-linux', 'fuzz']],
      blocks: [],
      blocksTotal: 0,
      lastLines: [{ i: 0, ms: 0, t: 'tar: corpus/0041.bin: Cannot write: No space left on device' }],
      logId: idOf('log fuzz'),
      remembered: null,
    },
  ]
  const older = [87, 86, 85].map((index) => ({
    job: makeJob(project, { index, startTime: ago(90_000 - index * 100), endTime: ago(89_948 - index * 100) }),
    part: {},
    attributes: [],
  }))
  world.addProject(project, [
    {
      job,
      part: {
        failures,
        errors: [throwing, typeError],
        messages: [{ index: 0, typ: 'Trace', message: 'warning: `stdenv.lib` is deprecated' }],
        evaluationLogId: idOf('log evaluation parser'),
      },
      attributes: attributes(),
    },
    ...older,
  ])
  world.logs.set(idOf('log evaluation parser'), logOf(throwing.errorMessage.split('\n')))
  world.logs.set(idOf('log fuzz'), logOf(['tar: corpus/0041.bin: Cannot write: No space left on device']))
  world.addDerivation(failedDerivation(project.id, job.id), log)
}

function attributes() {
  return [
    makeAttribute(['checks', 'x86_64-linux', 'flaky'], { typ: 'MayFail', state: 'Ignored' }),
    makeAttribute(['checks', 'x86_64-linux', 'fuzz'], { state: 'Failed' }),
    makeAttribute(throwing.expressionPath, { state: 'Error', error: throwing, derivationPath: null, durationMs: null }),
    makeAttribute(['checks', 'x86_64-linux', 'must-not-build'], { typ: 'MustFail' }),
    ...blocked.map((n) => makeAttribute(packages(n), { state: 'Blocked', durationMs: null, startedAt: null })),
    makeAttribute(packages('libparse'), { state: 'Failed', derivationPath: drvPath('libparse-2.4.1') }),
    ...Array.from({ length: 20 }, (_, i) => makeAttribute(packages(`tool-${String.fromCharCode(97 + i)}`))),
    makeAttribute(typeError.expressionPath, {
      state: 'Error',
      error: typeError,
      derivationPath: null,
      durationMs: null,
    }),
  ]
}

function failedDerivation(projectId: string, jobId: string) {
  return makeDerivation('libparse-2.4.1', {
    status: 'BuildFailure',
    because: 'The build failed on build01: the builder ended with exit code 2; its last lines say why.',
    failure: { how: 'exited', code: 2 },
    usedInProjects: [projectId],
    mayRestart: true,
    outputs: [{ name: 'out', path: null, hash: null, size: null }],
    inputDerivations: [
      { derivationPath: drvPath('gcc-wrapper-14.3.0'), outputs: ['out'], status: 'BuildSuccess' },
      { derivationPath: drvPath('zlib-1.3.1'), outputs: ['out', 'dev'], status: 'BuildSuccess' },
    ],
    events: [
      [
        { Queued: { time: ago(1990), requeuedForEvalOfJob: null, requeuedForAgent: null } },
        { Started: { time: ago(1985), logId: idOf('log first try'), agentHostname: 'build02', streamable: true } },
        { Failed: { time: ago(1952), technicalError: 'The agent build02 was lost.' } },
        { Reset: { time: ago(1950) } },
      ],
      [
        { Queued: { time: ago(250), requeuedForEvalOfJob: null, requeuedForAgent: null } },
        { Started: { time: ago(244), logId: idOf('log libparse-2.4.1'), agentHostname: 'build01', streamable: true } },
        { Failed: { time: ago(241), technicalError: null, because: 'The builder ended with exit code 2.' } },
      ],
    ],
    usedBy: [
      {
        jobId,
        jobIndex: 88,
        projectName: 'parser',
        site: 'local',
        account: 'local',
        ref: 'refs/heads/main',
        attributes: [packages('libparse'), ...blocked.map(packages)],
      },
    ],
  })
}
