import { z } from 'zod'
import { AttributeType, Message } from '../agent/evaluate-event.ts'
import { AttributePath, DrvPath, Id, Instant } from '../ids.ts'
import { DerivationStatus } from './derivation.ts'
import { BuildCounts } from './job.ts'

export const AttributeFailure = z.object({
  expressionPath: AttributePath,
  errorMessage: z.string(),
  errorDerivation: z.string().nullable(),
  errorType: z.string().nullable(),
  trace: z.string().nullable(),
})

/** `{"Ok": …}` or `{"Error": …}` (hercules-ci.md 5.1.3) */
export type AttributeFailure = z.infer<typeof AttributeFailure>

export const AttributeValue = z.union([
  z.strictObject({ Ok: z.object({ derivationPath: DrvPath, status: DerivationStatus }) }),
  z.strictObject({ Error: AttributeFailure }),
])

export const JobAttribute = z.object({ path: AttributePath, value: AttributeValue, typ: AttributeType })
export type JobAttribute = z.infer<typeof JobAttribute>

export const UnmetRequirement = z.object({ platform: z.string(), requiredSystemFeatures: z.array(z.string()) })

/** `GET jobs/{id}/evaluation` */
export const EvaluationDetail = BuildCounts.extend({
  id: Id,
  agentHostname: z.string().nullable(),
  agentVersion: z.string().nullable(),
  messages: z.array(Message),
  attributes: z.array(JobAttribute),
  ifdAttributes: z.array(
    z.object({ path: AttributePath, derivationPath: DrvPath, derivationOutput: z.string(), done: z.boolean() }),
  ),
  evaluationDependencies: z.array(z.object({ index: z.int(), derivation: DrvPath, outputName: z.string() })),
  evaluationLog: Id.nullable(),
  derivations: z.record(DrvPath, DerivationStatus),
  unmetAgentRequirements: z.array(UnmetRequirement),
})
export type EvaluationDetail = z.infer<typeof EvaluationDetail>

/**
 * How an attribute stands, in one word for the eye: the derivation's state seen through the attribute's marks.
 * `Ignored` is a MayFail that failed; `NotRun` is an effect or schedule that this version does not run.
 */
export const AttributeState = z.enum([
  'Succeeded',
  'Failed',
  'Blocked',
  'Running',
  'Waiting',
  'Cancelled',
  'Error',
  'Ignored',
  'NotRun',
])
export type AttributeState = z.infer<typeof AttributeState>

/** A row of the job page's list of attributes; Firn's own. */
export const AttributeRow = z.object({
  path: AttributePath,
  typ: AttributeType,
  state: AttributeState,
  derivationPath: DrvPath.nullable(),
  platform: z.string().nullable(),
  error: AttributeFailure.nullable(),
  startedAt: Instant.nullable(),
  durationMs: z.number().nullable(),
  /** How long its evaluation took; null where the agent does not say. */
  evalMs: z.number().nullable(),
})
export type AttributeRow = z.infer<typeof AttributeRow>

/** How one attribute differs between two evaluations. */
export const AttributeChange = z.object({
  path: AttributePath,
  how: z.enum(['added', 'removed', 'changed', 'newlyFailing', 'repaired']),
  before: AttributeRow.nullable(),
  after: AttributeRow.nullable(),
})
export type AttributeChange = z.infer<typeof AttributeChange>

/**
 * `GET jobs/{id}/evaluation/compare/{baseJobId}`: what the second evaluation has that the first has not, and the other
 * way round; what is the same is left out. `total` says how many there are where not all are listed.
 */
export const EvaluationDiff = z.object({
  beforeId: Id,
  afterId: Id,
  attributes: z.array(AttributeChange),
  ifds: z.array(z.object({ derivation: DrvPath, outputName: z.string(), how: z.enum(['added', 'removed']) })),
  total: z.int(),
})
export type EvaluationDiff = z.infer<typeof EvaluationDiff>

/** Which attributes, in path order. `state` may be given several times over, separated by commas. */
export const AttributeFilter = z.object({
  state: z.string().optional(),
  search: z.string().max(200).optional(),
  offset: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(500).default(200),
})
export type AttributeFilter = z.infer<typeof AttributeFilter>

export const AttributeRows = z.object({
  items: z.array(AttributeRow),
  total: z.int(),
  /** How many there are in each state, whatever the filter. */
  byState: z.partialRecord(AttributeState, z.int()),
})
export type AttributeRows = z.infer<typeof AttributeRows>
