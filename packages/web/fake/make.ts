import { createHash } from 'node:crypto'
import type { DerivationDetail } from '@firn/contract/api/derivation'
import type { AttributeRow } from '@firn/contract/api/evaluation'
import type { BuildCounts, Job } from '@firn/contract/api/job'
import type { Project } from '@firn/contract/api/project'

/** Makers of well-formed things: the same name gives the same id, so addresses and screenshots stay the same. */
export function idOf(name: string): string {
  const h = createHash('sha256').update(name).digest('hex')
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-7${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20, 32)}`
}

const base32 = '0123456789abcdfghijklmnpqrsvwxyz'

function storePath(name: string): string {
  const bytes = createHash('sha256').update(name).digest()
  const hash = Array.from(bytes.subarray(0, 32), (b) => base32.charAt(b % 32)).join('')
  return `/nix/store/${hash}-${name}`
}

export const drvPath = (name: string) => storePath(`${name}.drv`)
export const revOf = (name: string) => createHash('sha1').update(name).digest('hex')
export const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()

export const localAccount = idOf('account local')

export function makeProject(name: string, part: Partial<Project> = {}): Project {
  return {
    id: idOf(`project ${name}`),
    ownerId: localAccount,
    repoId: idOf(`repo ${name}`),
    enabled: true,
    siteSlug: 'local',
    ownerSlug: 'local',
    name,
    slug: name,
    displayName: name,
    imageURL: null,
    isPublic: true,
    defaultBranch: 'main',
    httpURL: `http://127.0.0.1:8080/git/local/${name}.git`,
    remoteURL: null,
    fileView: null,
    ...part,
  }
}

export const noBuilds: BuildCounts = {
  waiting: 0,
  building: 0,
  buildFailure: 0,
  dependencyFailure: 0,
  buildSuccess: 0,
  cancelled: 0,
}

type JobSeed = Partial<Omit<Job, 'source'>> & { index: number; message?: string; ref?: string; rev?: string }

/** A job that succeeded, but for what the seed says. */
export function makeJob(project: Project, seed: JobSeed): Job {
  const { message, ref, rev, ...part } = seed
  const id = idOf(`job ${project.name} ${seed.index}`)
  return {
    id,
    projectId: project.id,
    repoName: project.name,
    ownerName: project.ownerSlug,
    forgeName: project.siteSlug,
    repoId: project.repoId,
    startTime: ago(600),
    endTime: ago(552),
    jobPhase: 'Done',
    isCancelled: false,
    jobStatus: 'Success',
    evaluationStatus: 'Success',
    derivationStatus: 'Success',
    effectsStatus: 'Success',
    evaluationId: idOf(`evaluation ${id}`),
    source: {
      revision: rev ?? revOf(`${project.name} ${seed.index}`),
      ref: ref ?? 'refs/heads/main',
      message: message ?? 'docs: say which Nix is needed',
      gitCommitterName: 'Ada Lindqvist',
      committer: null,
      link: null,
    },
    extraInputs: {},
    jobType: 'OnPush',
    jobName: 'default',
    rerunOf: null,
    rerunOfIndex: null,
    startedBy: null,
    cancelledBy: null,
    mayCancel: false,
    mayRerun: true,
    isBumped: false,
    because: 'All 24 attributes built.',
    counts: { ...noBuilds, buildSuccess: 24 },
    ...part,
  }
}

export function makeAttribute(path: string[], part: Partial<AttributeRow> = {}): AttributeRow {
  return {
    path,
    typ: 'Regular',
    state: 'Succeeded',
    derivationPath: drvPath(path.at(-1)?.replace(/[^0-9a-zA-Z+._?=-]/g, '_') || 'unnamed'),
    platform: 'x86_64-linux',
    error: null,
    startedAt: ago(580),
    durationMs: 4200,
    evalMs: 12,
    ...part,
  }
}

export function makeDerivation(name: string, part: Partial<DerivationDetail> = {}): DerivationDetail {
  return {
    derivationPath: drvPath(name),
    status: 'BuildSuccess',
    viaJob: null,
    viaProject: null,
    platform: 'x86_64-linux',
    requiredSystemFeatures: [],
    failure: null,
    inputDerivations: [],
    outputs: [{ name: 'out', path: storePath(name), hash: `sha256:${revOf(name).slice(0, 40)}`, size: 1_482_752 }],
    usedInProjects: [],
    events: [
      [
        { Queued: { time: ago(590), requeuedForEvalOfJob: null, requeuedForAgent: null } },
        { Started: { time: ago(585), logId: idOf(`log ${name}`), agentHostname: 'build01', streamable: true } },
        { Succeeded: { time: ago(552) } },
      ],
    ],
    mayRestart: false,
    mayCancel: false,
    because: 'Built on build01 in 33 s.',
    logId: idOf(`log ${name}`),
    usedBy: [],
    ...part,
  }
}
