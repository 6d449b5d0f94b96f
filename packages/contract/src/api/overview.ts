import { z } from 'zod'
import { BuildFailure } from '../agent/build-failure.ts'
import { Message } from '../agent/evaluate-event.ts'
import { AttributePath, DrvPath, Id, Instant } from '../ids.ts'
import { DerivationStatus } from './derivation.ts'
import { AttributeFailure, UnmetRequirement } from './evaluation.ts'
import { Job, JobHandlers } from './job.ts'
import { LogLine } from './log.ts'
import { Project } from './project.ts'

/** A job, as a link to it needs it. */
export const JobAddress = z.object({
  site: z.string(),
  account: z.string(),
  project: z.string(),
  index: z.int(),
})
export type JobAddress = z.infer<typeof JobAddress>

/** A failing derivation, once, with the attributes it fails and blocks, and its last lines. */
export const FailureGroup = z.object({
  derivationPath: DrvPath,
  /** null: a plain failure; else the technical error, which is not the user's. */
  technicalError: z.string().nullable(),
  /** What it failed with, as far as its agent says. */
  failure: BuildFailure.nullable(),
  /** The same in one sentence. */
  because: z.string(),
  /** Attributes whose own derivation this is. */
  attributes: z.array(AttributePath),
  /** Attributes that can't be built because of it, the first 50. */
  blocks: z.array(AttributePath),
  blocksTotal: z.int(),
  lastLines: z.array(LogLine),
  logId: Id.nullable(),
  /** It failed before this job was made, and was not built again: when, and for which job, as far as that is known. */
  remembered: z.object({ at: Instant, job: JobAddress.nullable() }).nullable(),
})
export type FailureGroup = z.infer<typeof FailureGroup>

export const RunningBuild = z.object({
  derivationPath: DrvPath,
  startedAt: Instant,
  agentHostname: z.string(),
  /** When the agent was heard of last, if it is gone; null while it is there. */
  silentSince: Instant.nullable(),
  logId: Id.nullable(),
  /** The usual duration, from earlier builds of the same name; null if there is none. */
  expectedMs: z.number().nullable(),
})
export type RunningBuild = z.infer<typeof RunningBuild>

/** What a visitor of the job page wants first; Firn's own. */
export const JobOverview = z.object({
  project: Project,
  job: Job,
  /** When each part began and ended, for the timeline. */
  timeline: z.object({
    queuedAt: Instant,
    evaluationStartedAt: Instant.nullable(),
    evaluationEndedAt: Instant.nullable(),
    buildsStartedAt: Instant.nullable(),
    endedAt: Instant.nullable(),
  }),
  /** Attribute errors and failing derivations, the first 100 of each. */
  errors: z.array(AttributeFailure),
  errorsTotal: z.int(),
  failures: z.array(FailureGroup),
  failuresTotal: z.int(),
  messages: z.array(Message),
  running: z.array(RunningBuild),
  /** What the evaluation imports from derivations and does not have yet, with the attributes that wait for it. */
  imports: z.array(
    z.object({
      derivationPath: DrvPath,
      outputName: z.string(),
      status: DerivationStatus,
      because: z.string(),
      attributes: z.array(AttributePath),
    }),
  ),
  /** The ten attributes that took longest to evaluate. */
  slowest: z.array(z.object({ path: AttributePath, evalMs: z.number() })),
  /** The newest earlier job of the same handler and branch, to compare with. */
  compareWith: z.object({ jobId: Id, index: z.int() }).nullable(),
  /** The job whose evaluation was used again instead of evaluating. */
  reusedFrom: z.object({ jobId: Id, index: z.int() }).nullable(),
  /** Why what waits does so, most telling first. */
  waiting: z.array(z.string()),
  unmetAgentRequirements: z.array(UnmetRequirement),
  handlers: JobHandlers,
  /** Effects and schedules, which this version lists and does not run. */
  notRun: z.array(z.object({ what: z.enum(['effect', 'schedule']), name: z.string() })),
  evaluationLogId: Id.nullable(),
  evaluationAgent: z.string().nullable(),
  /** The other jobs of the same push. */
  siblings: z.array(Job),
})
export type JobOverview = z.infer<typeof JobOverview>

/** A project on the home page, with its newest jobs first (at most 20) and what runs now. */
export const HomeProject = z.object({ project: Project, jobs: z.array(Job) })
export const Home = z.object({
  projects: z.array(HomeProject),
  /** The remote to push to, with NAME for the project's name; null where there is no local forge. */
  remoteTemplate: z.string().nullable(),
  agentsOnline: z.int(),
})
export type Home = z.infer<typeof Home>

/** The jobs of one commit: the configuration and what it announced. */
export const CommitOverview = z.object({
  project: Project,
  revision: z.string(),
  jobs: z.array(Job),
  /** Whether every job of the push has ended. */
  finished: z.boolean(),
  because: z.string(),
})
export type CommitOverview = z.infer<typeof CommitOverview>
