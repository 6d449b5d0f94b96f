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
  concurrentTasks: concurrentTasks.default('auto'),
  logLevel: z.enum(Object.keys(logLevels) as [keyof typeof logLevels, ...(keyof typeof logLevels)[]]).default('InfoS'),
  labels: z.record(z.string(), z.json()).default({}),
  binaryCachesPath: notYet('binaryCachesPath', z.string(), () => false),
  secretsJsonPath: notYet('secretsJsonPath', z.string(), () => false),
  nixVerbosity: notYet('nixVerbosity', z.string(), (value) => value === 'Talkative'),
  nixUserIsTrusted: notYet('nixUserIsTrusted', z.boolean(), (value) => !value),
  allowInsecureBuiltinFetchers: notYet('allowInsecureBuiltinFetchers', z.boolean(), (value) => !value),
  remotePlatformsWithSameFeatures: notYet(
    'remotePlatformsWithSameFeatures',
    z.array(z.string()),
    (value) => value.length === 0,
  ),
  effectMountables: notYet('effectMountables', z.record(z.string(), z.json()), isEmpty),
  nixSettings: notYet('nixSettings', z.record(z.string(), z.string()), isEmpty),
})
export type AgentConfigFile = z.infer<typeof AgentConfigFile>
