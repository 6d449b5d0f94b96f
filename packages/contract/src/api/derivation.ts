import { z } from 'zod'
import { BuildFailure } from '../agent/build-failure.ts'
import { AttributePath, DrvPath, Id, Instant } from '../ids.ts'

/** hercules-ci.md 2.3.1 */
export const DerivationStatus = z.enum([
  'NotPlanned',
  'Waiting',
  'Building',
  'BuildFailure',
  'DependencyFailure',
  'BuildSuccess',
  'Cancelled',
])
export type DerivationStatus = z.infer<typeof DerivationStatus>

const at = { time: Instant }
const only = <K extends string, T extends z.ZodRawShape>(name: K, shape: T) =>
  z.strictObject({ [name]: z.object({ ...at, ...shape }) } as Record<K, z.ZodObject<typeof at & T>>)

export const BuiltOutput = z.object({
  outputName: z.string(),
  outputPath: z.string(),
  hash: z.string(),
  size: z.int(),
  references: z.array(z.string()).nullable(),
})
export type BuiltOutput = z.infer<typeof BuiltOutput>

/** An object with one key, the event's name (hercules-ci.md 2.3.2, 5.1.3). */
export const DerivationEvent = z.union([
  only('Queued', { requeuedForEvalOfJob: Id.nullable(), requeuedForAgent: z.string().nullable() }),
  only('DependencyFailed', {}),
  only('Started', { logId: Id, agentHostname: z.string().nullable(), streamable: z.boolean() }),
  only('Reset', {}),
  /** `because` is Firn's own: one sentence, of whatever kind the failure is. */
  only('Failed', { technicalError: z.string().nullable(), because: z.string().optional() }),
  only('Succeeded', {}),
  only('Cancelled', {}),
  only('Built', { outputs: z.array(BuiltOutput) }),
])
export type DerivationEvent = z.infer<typeof DerivationEvent>

/** A job that needs a derivation, and the attributes of it that do. */
export const DerivationUse = z.object({
  jobId: Id,
  jobIndex: z.int(),
  projectName: z.string(),
  site: z.string(),
  account: z.string(),
  ref: z.string(),
  attributes: z.array(AttributePath),
})
export type DerivationUse = z.infer<typeof DerivationUse>

export const InputDerivation = z.object({
  derivationPath: DrvPath,
  outputs: z.array(z.string()),
  status: DerivationStatus,
})

/** hercules-ci.md 5.3; from `because` on Firn's own. */
export const DerivationDetail = z.object({
  derivationPath: DrvPath,
  status: DerivationStatus,
  viaJob: Id.nullable(),
  viaProject: Id.nullable(),
  platform: z.string().nullable(),
  requiredSystemFeatures: z.array(z.string()),
  inputDerivations: z.array(InputDerivation),
  outputs: z.array(
    z.object({ name: z.string(), path: z.string().nullable(), hash: z.string().nullable(), size: z.int().nullable() }),
  ),
  usedInProjects: z.array(Id),
  events: z.array(z.array(DerivationEvent)),
  mayRestart: z.boolean(),
  mayCancel: z.boolean(),
  because: z.string(),
  /** What its newest build failed with; null while it has not failed, and where the agent does not say. */
  failure: BuildFailure.nullable(),
  /** Of the newest attempt that has a log. */
  logId: Id.nullable(),
  usedBy: z.array(DerivationUse),
})
export type DerivationDetail = z.infer<typeof DerivationDetail>

/** Why a job is red: what failed, and what failed because of it; hercules-ci.md 5.2. */
export const FailureGraph = z.object({
  nodes: z.array(z.object({ derivation: DrvPath, failedDependencies: z.array(DrvPath) })),
})
export type FailureGraph = z.infer<typeof FailureGraph>
