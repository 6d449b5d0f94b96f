import type { LogLine } from '@firn/contract/api/log'
import { ago, drvPath, idOf, makeAttribute, makeDerivation, makeJob, makeProject, noBuilds } from '../make.ts'
import type { StoredJob, World } from '../world.ts'

/** A job under way: each step evaluates and builds a little more, until all is green. */
export type Running = { step: () => void; logStep: (text: string) => void; jobId: string; drv: string }

const total = 60

export function running(world: World): Running {
  const project = makeProject('firmware-tools')
  const job = makeJob(project, {
    index: 31,
    message: 'flash: verify the checksum twice',
    startTime: ago(75),
    endTime: null,
    jobPhase: 'Evaluating',
    mayCancel: true,
    jobStatus: 'Pending',
    evaluationStatus: 'Pending',
    derivationStatus: 'Pending',
    effectsStatus: 'Pending',
    because: 'Evaluating on build01; 3 of 20 attributes found so far have built.',
    counts: { ...noBuilds, waiting: 12, building: 2, buildSuccess: 6 },
  })
  const stored: StoredJob = { job, part: {}, attributes: [] }
  const older = [30, 29, 28].map((index) => ({
    job: makeJob(project, { index, startTime: ago(9000 - index), endTime: ago(8880 - index) }),
    part: {},
    attributes: [],
  }))
  world.addProject(project, [stored, ...older])
  const log = addLiveBuild(world)
  const step = () => advance(world, stored)
  for (let i = 0; i < 5; i++) step()
  return { step, logStep: log, jobId: job.id, drv: drvPath('linux-6.18') }
}

function advance(world: World, stored: StoredJob): void {
  const n = stored.attributes.length
  if (n < total) {
    for (let i = n; i < Math.min(total, n + 4); i++)
      stored.attributes.push(
        makeAttribute(['packages', 'x86_64-linux', `tool-${String(i).padStart(2, '0')}`], {
          state: 'Waiting',
          durationMs: null,
        }),
      )
  }
  let building = 0
  for (const row of stored.attributes) {
    if (row.state === 'Running') row.state = 'Succeeded'
    else if (row.state === 'Waiting' && building < 3) {
      row.state = 'Running'
      row.startedAt = ago(0)
      building++
    }
  }
  settle(stored, building)
  world.announce({ kind: 'attributes', jobIds: [stored.job.id], projectId: stored.job.projectId })
  if (stored.job.endTime) world.announce({ kind: 'job', jobIds: [stored.job.id], projectId: stored.job.projectId })
}

function settle(stored: StoredJob, building: number): void {
  const { job, attributes } = stored
  const succeeded = attributes.filter((it) => it.state === 'Succeeded').length
  const waiting = attributes.length - succeeded - building
  job.counts = { ...noBuilds, waiting, building, buildSuccess: succeeded }
  if (attributes.length >= total) {
    job.jobPhase = 'Building'
    job.evaluationStatus = 'Success'
  }
  job.because = `${succeeded} of ${attributes.length} have built, ${building} are building.`
  if (succeeded === total) Object.assign(job, ended)
  stored.part = {
    timeline: {
      queuedAt: job.startTime,
      evaluationStartedAt: new Date(Date.parse(job.startTime) + 2000).toISOString(),
      evaluationEndedAt:
        job.jobPhase === 'Evaluating' ? null : new Date(Date.parse(job.startTime) + 31_000).toISOString(),
      buildsStartedAt: new Date(Date.parse(job.startTime) + 9000).toISOString(),
      endedAt: job.endTime,
    },
    running: job.endTime ? [] : runningBuilds,
    waiting: waiting > 0 ? [`${waiting} derivations wait for a free slot; build01 and build02 are busy.`] : [],
    evaluationLogId: idOf('log big'),
  }
}

const ended = {
  endTime: new Date().toISOString(),
  jobPhase: 'Done',
  jobStatus: 'Success',
  evaluationStatus: 'Success',
  derivationStatus: 'Success',
  effectsStatus: 'Success',
  because: `All ${total} attributes built.`,
} as const

const runningBuilds = [
  {
    derivationPath: drvPath('linux-6.18'),
    startedAt: ago(41),
    agentHostname: 'build01',
    silentSince: null,
    logId: idOf('log linux-6.18'),
    expectedMs: 95_000,
  },
  {
    derivationPath: drvPath('openocd-0.13'),
    startedAt: ago(70),
    agentHostname: 'build02',
    silentSince: ago(48),
    logId: null,
    expectedMs: 50_000,
  },
  {
    derivationPath: drvPath('newlib-4.6'),
    startedAt: ago(4),
    agentHostname: 'build01',
    silentSince: null,
    logId: null,
    expectedMs: null,
  },
]

function addLiveBuild(world: World): (text: string) => void {
  const lines: LogLine[] = []
  const started = Date.now() - 41_000
  const log = {
    done: false,
    get total() {
      return lines.length
    },
    line: (i: number) => lines[i] ?? { i, ms: 0, t: '' },
    phases: [{ i: 0, name: 'buildPhase' }],
  }
  const add = (t: string) => {
    const phase = lines.length === 0 ? { phase: 'buildPhase' } : {}
    lines.push({ i: lines.length, ms: Date.now() - started, t, ...phase })
    world.wake()
  }
  add('Running phase: buildPhase')
  for (let i = 0; i < 300; i++) add(`  CC      drivers/usb/serial/option-${i}.o`)
  const detail = makeDerivation('linux-6.18', {
    status: 'Building',
    because: 'Building on build01 since 41 s; the last one took 1 min 35 s.',
    outputs: [{ name: 'out', path: null, hash: null, size: null }],
    requiredSystemFeatures: ['big-parallel'],
    events: [
      [
        { Queued: { time: ago(60), requeuedForEvalOfJob: null, requeuedForAgent: null } },
        { Started: { time: ago(41), logId: idOf('log linux-6.18'), agentHostname: 'build01', streamable: true } },
      ],
    ],
  })
  world.addDerivation(detail, log)
  return add
}
