import { z } from 'zod'
import { When } from '../agent/evaluate-event.ts'
import { GitInput } from '../agent/task.ts'
import { Id, Instant } from '../ids.ts'
import { Project } from './project.ts'

export const JobType = z.enum(['Config', 'Legacy', 'OnPush', 'OnSchedule'])
export type JobType = z.infer<typeof JobType>

/** hercules-ci.md 2.2.1, in order */
export const JobPhase = z.enum(['Queued', 'Evaluating', 'Building', 'Effects', 'Done'])
export type JobPhase = z.infer<typeof JobPhase>

/** hercules-ci.md 2.2.2 */
export const JobStatus = z.enum(['Pending', 'Failure', 'Success'])
export type JobStatus = z.infer<typeof JobStatus>

/** Counts of a job's derivations by state (hercules-ci.md 2.2.8). */
export const BuildCounts = z.object({
  waiting: z.int(),
  building: z.int(),
  buildFailure: z.int(),
  dependencyFailure: z.int(),
  buildSuccess: z.int(),
  cancelled: z.int(),
})
export type BuildCounts = z.infer<typeof BuildCounts>

export const JobSource = z.object({
  revision: z.string(),
  ref: z.string(),
  message: z.string(),
  gitCommitterName: z.string(),
  committer: z.null(),
  link: z.string().nullable(),
})

/** An extra input as the job uses it: its commit, and whether that is the newest that succeeded or the head of the ref. */
export const PinnedInput = GitInput.extend({ chosen: z.enum(['succeeded', 'head']) })
export type PinnedInput = z.infer<typeof PinnedInput>

/** hercules-ci.md 5.3; `isBumped`, `because` and `counts` are Firn's own. */
export const Job = z.object({
  id: Id,
  projectId: Id,
  index: z.int(),
  repoName: z.string(),
  ownerName: z.string(),
  forgeName: z.string(),
  repoId: Id,
  startTime: Instant,
  endTime: Instant.nullable(),
  jobPhase: JobPhase,
  isCancelled: z.boolean(),
  jobStatus: JobStatus,
  evaluationStatus: JobStatus,
  derivationStatus: JobStatus,
  effectsStatus: JobStatus,
  evaluationId: Id,
  source: JobSource,
  extraInputs: z.record(z.string(), PinnedInput),
  jobType: JobType,
  jobName: z.string().nullable(),
  rerunOf: Id.nullable(),
  rerunOfIndex: z.int().nullable(),
  startedBy: Id.nullable(),
  cancelledBy: Id.nullable(),
  mayCancel: z.boolean(),
  mayRerun: z.boolean(),
  /** Somebody wants it done before all others. */
  isBumped: z.boolean(),
  /** One sentence: how it stands and why. */
  because: z.string(),
  counts: BuildCounts,
})
export type Job = z.infer<typeof Job>

export const JobPage = z.object({ items: z.array(Job), more: z.boolean() })
export const ProjectAndJobs = z.object({ project: Project, jobs: z.array(Job) })
export type ProjectAndJobs = z.infer<typeof ProjectAndJobs>

/** Filter and paging of a project's jobs (hercules-ci.md 5.2.3), newest first. */
export const JobFilter = z.object({
  ref: z.string().optional(),
  rev: z.string().optional(),
  handler: JobType.optional(),
  name: z.string().optional(),
  success: z.stringbool().or(z.boolean()).optional(),
  offsetIndex: z.coerce.number().int().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
export type JobFilter = z.infer<typeof JobFilter>

const HandlerInputs = z.record(z.string(), z.object({ project: z.string(), ref: z.string().nullable() }))

/** What the configuration of a commit declares. */
export const JobHandlers = z.object({
  onPush: z.array(z.object({ name: z.string(), isFlake: z.boolean(), extraInputs: HandlerInputs })),
  onSchedule: z.array(z.object({ name: z.string(), isFlake: z.boolean(), extraInputs: HandlerInputs, when: When })),
})
export type JobHandlers = z.infer<typeof JobHandlers>
