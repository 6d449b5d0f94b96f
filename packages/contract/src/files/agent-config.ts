import { z } from 'zod'

const concurrentTasks = z.union(
  [z.int().min(1, 'concurrentTasks must be at least 1'), z.literal('auto')],
  'must be a whole number of at least 1, or "auto"',
)

/** Names of katip's severities, as hercules-ci-agent has them, with the level Firn logs at. */
export const logLevels = {
  DebugS: 'debug',
  InfoS: 'info',
  NoticeS: 'info',
  WarningS: 'warn',
  ErrorS: 'error',
  CriticalS: 'fatal',
  AlertS: 'fatal',
  EmergencyS: 'fatal',
} as const

/** A key whose other values this version does not act on; refusing is better than silence. */
const notYet = <T extends z.ZodType>(key: string, schema: T, isDefault: (value: z.output<T>) => boolean) =>
  schema.refine(isDefault, `${key} is not yet honoured by this version of the agent; remove it`).optional()

const isEmpty = (value: object) => Object.keys(value).length === 0

const positive = (what: string) => z.number(`must be a number of ${what}`).positive('must be more than 0')

/** So little is needed to begin at all. */
const leastMegabytes = 64
const megabytes = positive('megabytes').min(leastMegabytes, `must be at least ${leastMegabytes}`)

/**
 * The section `[evaluation]`, Firn's own: what an evaluation may take. A megabyte is 1024² bytes. Beyond a limit of one
 * attribute that attribute fails; beyond one of the whole, the evaluation.
 */
export const EvaluationSettings = z
  .strictObject({
    /** attributes, errors and messages together (hercules-ci.md 1.9.4) */
    attributesMax: z.int('must be a whole number').min(1, 'must be at least 1').default(50_000),
    /** for one attribute */
    attributeSeconds: positive('seconds').default(10 * 60),
    /** for all of them; waiting for builds is not counted */
    evaluationSeconds: positive('seconds').default(2 * 60 * 60),
    /** memory of one evaluator */
    evaluatorMegabytes: megabytes.default(4 * 1024),
    /** memory of all evaluators of one evaluation; unset: twice that of one */
    totalMegabytes: megabytes.optional(),
    /** one answer, trace or error text */
    messageMegabytes: positive('megabytes').default(16),
    /** the memory-backed scratch folder of one evaluator, where fetchers work */
    scratchMegabytes: positive('megabytes').default(4 * 1024),
    /** what one evaluation writes to the store */
    storeMegabytes: positive('megabytes').default(16 * 1024),
  })
  .refine(({ totalMegabytes: total, evaluatorMegabytes: one }) => total === undefined || total >= one, {
    error: 'must be at least evaluatorMegabytes',
    path: ['totalMegabytes'],
  })
  .transform((settings) => ({
    ...settings,
    totalMegabytes: settings.totalMegabytes ?? 2 * settings.evaluatorMegabytes,
  }))
export type EvaluationSettings = z.output<typeof EvaluationSettings>

/**
 * The section `[build]`, Firn's own: what one build may take, where unset what Nix is configured with. A limit counts
 * for the builds of this agent, each on its own. A megabyte is 1024² bytes.
 */
export const BuildSettings = z.strictObject({
  /** Nix's `timeout` */
  timeoutSeconds: z.int('must be a whole number of seconds').min(1, 'must be at least 1').optional(),
  /** Nix's `max-silent-time` */
  maxSilentSeconds: z.int('must be a whole number of seconds').min(1, 'must be at least 1').optional(),
  /** Nix's `max-build-log-size` */
  maxLogMegabytes: positive('megabytes').optional(),
  /**
   * Nix's own copy of a log, for `nix log` on this machine, beside the server's: as Nix is configured, or never. Unset: an
   * agent that writes the store itself has it until the server has the log, else as Nix is configured.
   */
  keepBuildLog: z.boolean('must be true or false').optional(),
  /** With less free in the store or where builds work, the agent takes no work; 0: it always does. */
  minFreeMegabytes: z.number('must be a number of megabytes').min(0, 'must be at least 0').default(1024),
  /** What evaluations find and builds make is kept from garbage collection for so long, and at most twice as long. */
  keepHours: positive('hours').default(2),
})
export type BuildSettings = z.output<typeof BuildSettings>

/** Service managers wait for 90 s unless told otherwise: the rest is for aborting and the goodbye. */
const drainSecondsUsual = 60

/**
 * `agent.toml` or `agent.json` (hercules-ci.md 4.1.2). Paths without a value derive from `baseDirectory`;
 * null counts as unset (4.1.3). Unknown keys are refused, since a misspelt key is otherwise silent.
 */
export const AgentConfigFile = z.strictObject({
  apiBaseUrl: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  baseDirectory: z.string({ error: 'You need to specify "baseDirectory"' }).startsWith('/', 'must be an absolute path'),
  staticSecretsDirectory: z.string().startsWith('/', 'must be an absolute path').optional(),
  workDirectory: z.string().startsWith('/', 'must be an absolute path').optional(),
  clusterJoinTokenPath: z.string().startsWith('/', 'must be an absolute path').optional(),
  binaryCachesPath: z.string().startsWith('/', 'must be an absolute path').optional(),
  concurrentTasks: concurrentTasks.default('auto'),
  logLevel: z.enum(Object.keys(logLevels) as [keyof typeof logLevels, ...(keyof typeof logLevels)[]]).default('InfoS'),
  labels: z.record(z.string(), z.json()).default({}),
  evaluation: EvaluationSettings.prefault({}),
  build: BuildSettings.prefault({}),
  /** Firn's own: how long the agent works on after SIGTERM, so that what it has is finished. */
  drainSeconds: z.number('must be a number of seconds').min(0, 'must be at least 0').default(drainSecondsUsual),
  /** Whether the Nix daemon trusts the agent's user is asked of the daemon; where this says yes and it says no, the agent does not run. */
  nixUserIsTrusted: z.boolean().default(false),
  /** Built by Nix's own remote builders (`builders` in nix.conf). */
  remotePlatformsWithSameFeatures: z.array(z.string()).default([]),
  secretsJsonPath: notYet('secretsJsonPath', z.string(), () => false),
  nixVerbosity: notYet('nixVerbosity', z.string(), (value) => value === 'Talkative'),
  allowInsecureBuiltinFetchers: notYet('allowInsecureBuiltinFetchers', z.boolean(), (value) => !value),
  effectMountables: notYet('effectMountables', z.record(z.string(), z.json()), isEmpty),
  nixSettings: notYet('nixSettings', z.record(z.string(), z.string()), isEmpty),
})
export type AgentConfigFile = z.infer<typeof AgentConfigFile>
