import { z } from 'zod'
import { AttributePath, DrvPath, StorePath } from '../ids.ts'
import { OutputInfo } from './build-event.ts'
import { Count, maybe, variant } from './wire.ts'

/** Marks on a derivation's attribute value (hercules-ci.md 1.8.2). */
export const AttributeType = z.enum(['Regular', 'MustFail', 'MayFail', 'DependenciesOnly', 'Effect'])
export type AttributeType = z.infer<typeof AttributeType>

export const SecretRef = z.discriminatedUnion('tag', [
  variant('SimpleSecret', z.object({ name: z.string() })),
  variant('GitToken', z.tuple([])),
])

/** Firn's own, in events of its own agents: how long the attribute took to evaluate. */
const evalMs = z.number().nonnegative().optional()

export const Attribute = z.object({
  expressionPath: AttributePath,
  derivationPath: DrvPath,
  typ: AttributeType.default('Regular'),
  evalMs,
})

export const AttributeEffect = z.object({
  expressionPath: AttributePath,
  derivationPath: DrvPath,
  secretsToUse: z.record(z.string(), SecretRef),
  evalMs,
})

/** hercules-ci.md 1.9.1; absent fields are left out, not null. */
export const AttributeError = z.object({
  expressionPath: AttributePath,
  errorMessage: z.string(),
  errorDerivation: maybe(DrvPath),
  errorType: maybe(z.string()),
  trace: maybe(z.string()),
  evalMs,
})
export type AttributeError = z.infer<typeof AttributeError>

/** An attribute that waits for an import from derivation, or has had it (hercules-ci.md 1.13.5). */
export const AttributeIFD = z.object({
  expressionPath: AttributePath,
  derivationPath: DrvPath,
  derivationOutput: z.string(),
  done: z.boolean(),
  index: Count,
})

export const Message = z.object({
  index: Count,
  typ: z.enum(['Error', 'Trace']),
  message: z.string(),
  /** Firn's own: the attribute during whose evaluation it was said. */
  expressionPath: AttributePath.optional(),
})
export type Message = z.infer<typeof Message>

export const DerivationOutput = z.object({ path: maybe(StorePath), isFixed: z.boolean() })

export const DerivationInfo = z.object({
  derivationPath: DrvPath,
  platform: z.string(),
  requiredSystemFeatures: z.array(z.string()).default([]),
  inputDerivations: z.record(DrvPath, z.array(z.string())),
  inputSources: z.array(StorePath),
  outputs: z.record(z.string(), DerivationOutput),
})
export type DerivationInfo = z.infer<typeof DerivationInfo>

export const BuildRequired = z.object({ index: Count, derivationPath: DrvPath, outputName: z.string() })

export const SubstitutionQueryResult = z.object({
  storeURI: z.string(),
  derivation: DrvPath,
  outputName: z.string(),
  outputInfo: maybe(OutputInfo),
})

export const BuildRequest = z.object({ derivationPath: DrvPath, forceRebuild: z.boolean().default(false) })

export const SiblingInput = variant('SiblingInput', z.object({ project: z.string(), ref: maybe(z.string()) }))
export type SiblingInput = z.infer<typeof SiblingInput>

/** hercules-ci.md 1.11.8 */
export const When = z.object({
  minute: maybe(z.int()),
  hour: maybe(z.array(z.int())),
  dayOfWeek: maybe(z.array(z.enum(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']))),
  dayOfMonth: maybe(z.array(z.int())),
})
export type When = z.infer<typeof When>

export const OnPushHandler = z.object({
  handlerName: z.string(),
  handlerExtraInputs: z.record(z.string(), SiblingInput),
  isFlake: z.boolean().default(false),
})
export type OnPushHandler = z.infer<typeof OnPushHandler>

export const OnScheduleHandler = OnPushHandler.extend({ when: When })
export type OnScheduleHandler = z.infer<typeof OnScheduleHandler>

/** Arguments of an evaluation that differ from push to push (hercules-ci.md 1.3.3, 1.3.6). */
export const PushArgument = z.enum(['ref', 'branch', 'tag', 'rev', 'shortRev'])
export type PushArgument = z.infer<typeof PushArgument>

/**
 * Firn's own, and sent only to a server that says it understands (`ServiceInfo.firn`): what an evaluation depended on
 * besides its source, so that the server may use it again.
 */
export const EvaluationFacts = z.object({
  nixVersion: z.string(),
  /** Arguments that the expression looked at. */
  forced: z.array(PushArgument),
  /** Whether nothing in the source could give another result at another time: no clock, no fetchers. */
  timeless: z.boolean(),
})
export type EvaluationFacts = z.infer<typeof EvaluationFacts>

/** The events of an evaluation, in order (hercules-ci.md 4.6). */
export const EvaluateEvent = z.discriminatedUnion('tag', [
  variant('Attribute', Attribute),
  variant('AttributeEffect', AttributeEffect),
  variant('AttributeError', AttributeError),
  variant('AttributeIFD', AttributeIFD),
  variant('Message', Message),
  variant('DerivationInfo', DerivationInfo),
  variant('PushedAll', z.object({ cache: z.string() })),
  variant('BuildRequired', BuildRequired),
  variant('SubstitutionQueryResult', SubstitutionQueryResult),
  variant('BuildRequest', BuildRequest),
  variant('JobConfig', z.object({ sourceCaches: maybe(z.json()), binaryCaches: maybe(z.json()) })),
  variant('OnPushHandlerEvent', OnPushHandler),
  variant('OnScheduleHandlerEvent', OnScheduleHandler),
  variant('FirnEvaluationFacts', EvaluationFacts),
])
export type EvaluateEvent = z.infer<typeof EvaluateEvent>

/** Contents of the events with a tag. */
export type EventContents<Tag extends EvaluateEvent['tag']> = Extract<EvaluateEvent, { tag: Tag }>['contents']

/** At most so many events travel in one request (hercules-ci.md 1.14.5). */
export const eventsInBatchMax = 1000
