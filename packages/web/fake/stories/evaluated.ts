import type { PinnedInput } from '@firn/contract/api/job'
import { ago, drvPath, idOf, makeAttribute, makeDerivation, makeJob, makeProject, noBuilds, revOf } from '../make.ts'
import type { World } from '../world.ts'

const packages = (name: string) => ['packages', 'x86_64-linux', name]

function input(name: string, chosen: PinnedInput['chosen']): PinnedInput {
  return {
    rev: revOf(`${name} pinned`),
    ref: 'refs/heads/main',
    sshURL: '',
    httpURL: `http://127.0.0.1:8080/git/local/${name}.git`,
    webURL: `http://127.0.0.1:8080/local/local/${name}`,
    forgeType: 'firn',
    owner: 'local',
    name,
    chosen,
  }
}

/** An evaluation that took its time: slow attributes, inputs of other projects, messages of both kinds. */
function talkative(world: World) {
  const project = makeProject('ledger')
  const slow = [8412, 3977, 2210, 1204, 980, 711, 402, 388, 120, 64, 31, 30]
  const attributes = slow.map((evalMs, i) =>
    makeAttribute(packages(`report-${String(i).padStart(2, '0')}`), { evalMs }),
  )
  const job = makeJob(project, {
    index: 8,
    message: 'reports: quarterly figures',
    jobStatus: 'Failure',
    evaluationStatus: 'Failure',
    because: 'The evaluation was not complete: it reached its limit of 600 s.',
    counts: { ...noBuilds, buildSuccess: 12 },
    extraInputs: { hello: { ...input('hello', 'succeeded'), rev: revOf('hello 40') }, nixos: input('parser', 'head') },
  })
  const trace = (index: number, name: string, message: string) =>
    ({ index, typ: 'Trace', message, expressionPath: packages(name) }) as const
  const part = {
    slowest: attributes.slice(0, 10).map(({ path, evalMs }) => ({ path, evalMs: evalMs ?? 0 })),
    messages: [
      trace(0, 'report-00', 'trace: reading 31 quarters'),
      trace(1, 'report-00', 'trace: reading 32 quarters'),
      trace(2, 'report-01', '\x1b[35;1mevaluation warning:\x1b[0m `lib.mdDoc` is deprecated'),
      { index: 3, typ: 'Error', message: 'The evaluation took longer than 600 s and was ended.' } as const,
      {
        index: 4,
        typ: 'Error',
        message: 'Attributes below it were not looked at: it is deeper than 64 sets.',
        expressionPath: packages('deep'),
      } as const,
    ],
    evaluationLogId: idOf('log evaluation parser'),
    compareWith: { jobId: idOf('job ledger 7'), index: 7 },
  }
  const base = makeJob(project, { index: 7, message: 'reports: two new', startTime: ago(5000), endTime: ago(4900) })
  const reusing = makeJob(project, {
    index: 9,
    message: 'reports: two new',
    ref: 'refs/heads/release',
    rev: base.source.revision,
  })
  const reusedFrom = { jobId: base.id, index: 7 }
  world.addProject(project, [
    { job: reusing, part: { reusedFrom, evaluationAgent: null }, attributes },
    { job, part, attributes },
    { job: base, part: {}, attributes: attributes.slice(0, 10) },
  ])
}

/** An evaluation that can not go on before two things are built. */
function importing(world: World) {
  const project = makeProject('haskell-site')
  const job = makeJob(project, {
    index: 4,
    message: 'cabal2nix at evaluation',
    startTime: ago(50),
    endTime: null,
    jobPhase: 'Evaluating',
    jobStatus: 'Pending',
    evaluationStatus: 'Pending',
    derivationStatus: 'Pending',
    because: 'Evaluation waits for 2 imports from derivations.',
    counts: { ...noBuilds, waiting: 1, building: 1 },
  })
  const imports = [
    {
      derivationPath: drvPath('cabal2nix-site'),
      outputName: 'out',
      status: 'Building' as const,
      because: 'Evaluation goes on when cabal2nix-site is built; it builds now.',
      attributes: ['site', 'generator', 'feed'].map(packages),
    },
    {
      derivationPath: drvPath('hackage-index-2026-11'),
      outputName: 'json',
      status: 'Waiting' as const,
      because: 'Evaluation goes on when hackage-index-2026-11 is built; it waits for its turn.',
      attributes: [packages('all-packages')],
    },
  ]
  const attributes = [makeAttribute(['checks', 'x86_64-linux', 'links']), makeAttribute(packages('theme'))]
  const lacking = makeJob(project, {
    index: 3,
    message: 'hackage: an index of today',
    startTime: ago(4000),
    endTime: ago(3900),
    jobStatus: 'Failure',
    evaluationStatus: 'Failure',
    because: 'The evaluation lacks an import from derivation.',
    counts: { ...noBuilds, buildFailure: 1, buildSuccess: 2 },
  })
  const [, index] = imports
  const lacked = index
    ? [
        {
          ...index,
          status: 'BuildFailure' as const,
          because: 'hackage-index-2026-11 could not be built, and evaluation needs it.',
        },
      ]
    : []
  world.addProject(project, [
    { job, part: { imports, evaluationAgent: 'build01' }, attributes },
    { job: lacking, part: { imports: lacked }, attributes },
  ])
  world.addDerivation(retried())
}

/** A build whose agents were lost twice; the third attempt runs. */
function retried() {
  const again = (requeuedForAgent: string | null, seconds: number) => ({
    Queued: { time: ago(seconds), requeuedForEvalOfJob: null, requeuedForAgent },
  })
  const started = (agentHostname: string, seconds: number) => ({
    Started: { time: ago(seconds), logId: idOf(`log retried ${seconds}`), agentHostname, streamable: true },
  })
  const lost = (agent: string, seconds: number) => ({
    Failed: { time: ago(seconds), technicalError: `The agent ${agent} was lost.` },
  })
  return makeDerivation('cabal2nix-site', {
    status: 'Building',
    because: 'Building on build01 since 20 s, for the third time.',
    logId: null,
    outputs: [{ name: 'out', path: null, hash: null, size: null }],
    events: [
      [
        again(null, 400),
        started('build02', 390),
        lost('build02', 210),
        again('build02', 209),
        started('thinkpad', 200),
        lost('thinkpad', 60),
        again('thinkpad', 59),
        started('build01', 20),
      ],
    ],
  })
}

/** Evaluations that have something to tell. */
export function evaluated(world: World): void {
  talkative(world)
  importing(world)
}
