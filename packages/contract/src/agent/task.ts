import { z } from 'zod'
import { DrvPath, Id, StorePath } from '../ids.ts'
import { BuildFailure } from './build-failure.ts'
import { bareVariant, maybe, variant } from './wire.ts'

/** A Git source at an exact revision (hercules-ci.md 4.5.3). */
export const GitInput = z.object({
  rev: z.string(),
  ref: z.string(),
  sshURL: z.string(),
  httpURL: z.string(),
  webURL: maybe(z.string()),
  forgeType: maybe(z.string()),
  owner: maybe(z.string()),
  name: maybe(z.string()),
})
export type GitInput = z.infer<typeof GitInput>

export const ImmutableInput = z.discriminatedUnion('tag', [variant('ArchiveUrl', z.string()), variant('Git', GitInput)])
export type ImmutableInput = z.infer<typeof ImmutableInput>

/** What an evaluation task evaluates: the handlers, or one handler's outputs (hercules-ci.md 1.4.6, 4.5.4). */
export const Selector = z.discriminatedUnion('tag', [
  bareVariant('ConfigOrLegacy'),
  variant('OnPush', z.object({ name: z.string(), inputs: z.record(z.string(), ImmutableInput) })),
  variant('OnSchedule', z.object({ name: z.string(), extraInputs: z.record(z.string(), ImmutableInput) })),
])
export type Selector = z.infer<typeof Selector>

const SubPath = z.object({ path: z.string(), subPath: maybe(z.string()) })

export const GitCredential = z.object({ url: z.string(), username: z.string(), password: z.string() })
export type GitCredential = z.infer<typeof GitCredential>

/** The map of systems that stands for a set: names with empty lists (hercules-ci.md 1.3.7). */
export const CiSystems = z.record(z.string(), z.tuple([]))

/** hercules-ci.md 4.5.1–4.5.2 */
export const EvaluateTask = z.object({
  id: Id,
  primaryInput: z.string().default(''),
  otherInputs: z.record(z.string(), z.string()),
  inputMetadata: z.record(z.string(), z.record(z.string(), z.json())),
  inputs: z.record(z.string(), ImmutableInput),
  autoArguments: z.record(z.string(), SubPath),
  nixPath: z.array(z.object({ prefix: maybe(z.string()), value: SubPath })),
  logToken: z.string(),
  selector: Selector,
  ciSystems: maybe(CiSystems),
  extraGitCredentials: maybe(z.array(GitCredential)),
  isFlakeJob: z.boolean(),
  /**
   * Firn's own: settings of the project that change what is evaluated. `repositoryUrl`: where the repository is, if that is not
   * where it is fetched from; what the addresses of submodules may be relative to.
   */
  firn: z
    .object({ importFromDerivation: z.boolean(), submodules: z.boolean(), repositoryUrl: z.string().optional() })
    .optional(),
})
export type EvaluateTask = z.infer<typeof EvaluateTask>

/** hercules-ci.md 4.5.5 */
export const BuildTask = z.object({
  id: Id,
  derivationPath: DrvPath,
  logToken: z.string(),
  inputDerivationOutputPaths: z.array(StorePath),
})
export type BuildTask = z.infer<typeof BuildTask>

/** hercules-ci.md 4.5.6 */
export const EffectTask = z.object({
  id: Id,
  derivationPath: DrvPath,
  logToken: z.string(),
  inputDerivationOutputPaths: z.array(StorePath),
  token: z.string(),
  serverSecrets: z.record(z.string(), z.record(z.string(), z.json())).default({}),
  projectId: Id,
  projectPath: z.string(),
  siteName: z.string(),
  ownerName: z.string(),
  repoName: z.string(),
  ref: z.string(),
  isDefaultBranch: z.boolean(),
})
export type EffectTask = z.infer<typeof EffectTask>

/**
 * How a task ended: as it should, by a failure of the user's (`Terminated`), or by a technical one
 * (`Exceptional`), which is never blamed on the user (hercules-ci.md 4.7.3).
 */
export const TaskStatus = z.discriminatedUnion('tag', [
  variant('Successful', z.tuple([])),
  /** `firn`, Firn's own: of a build, why. */
  variant('Terminated', z.tuple([])).extend({ firn: z.object({ failure: BuildFailure }).optional() }),
  /** `firn`, Firn's own: the agent has not begun it and takes no work for now, so that somebody else should do it. */
  variant('Exceptional', z.string()).extend({ firn: z.object({ declined: z.literal(true) }).optional() }),
])
export type TaskStatus = z.infer<typeof TaskStatus>

/** What `POST tasks` answers an agent that polls: which task to fetch, and from which of the addresses of its kind (hercules-ci.md 4.8). */
export const PolledTask = z.object({ id: Id, typ: z.enum(['eval', 'build', 'effect']) })
export type PolledTask = z.infer<typeof PolledTask>
