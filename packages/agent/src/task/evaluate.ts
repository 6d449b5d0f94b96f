/**
 * An evaluation, from a source on this machine to the server's events (hercules-ci.md 1). Needs no server.
 *
 *   choose the file ─▶ open the evaluator ─▶ what kind is it? ─┬─ configuration: announce the handlers
 *                                                              └─ outputs, or a file of the old kind: walk
 *
 * The walk decides what to do with each value as it comes (`core/traversal/visit.ts`); `Findings` makes events of it, in
 * the same order, with the derivations that belong to them.
 */
import { randomBytes } from 'node:crypto'
import { type EvaluateEvent, PushArgument } from '@firn/contract/agent/evaluate-event'
import type { GitCredential, TaskStatus } from '@firn/contract/agent/task'
import type { GitSource } from '@firn/core/traversal/git-source'
import type { StoreAddress } from '@firn/nix/daemon/client'
import { type Evaluation, openEvaluation, type WalkEnd } from '@firn/nix/evaluator/evaluation'
import type { Limits } from '@firn/nix/evaluator/limits'
import type { NixInstallation } from '@firn/nix/nix-installation'
import { logLevel, logText, type TaskLog } from '../report/task-log.ts'
import { type Credentials, openCredentials } from './evaluate/credentials.ts'
import { Findings, findingsMax } from './evaluate/findings.ts'
import { DerivationGraph } from './evaluate/graph.ts'
import { announceHandlers } from './evaluate/handlers.ts'
import type { ImportOutcome } from './evaluate/imports.ts'
import { explainLimit, type TellSetting, tellAgentSetting } from './evaluate/limits.ts'
import { lockProblem } from './evaluate/lock.ts'
import { type HandlerName, makeProgram } from './evaluate/program.ts'
import { evaluatorEnvironment, evaluatorSandbox, evaluatorSettings } from './evaluate/settings.ts'
import { chooseEntry, defaultSystem, type Entry, type Source } from './evaluate/source.ts'
import { isTimeless } from './evaluate/timeless.ts'
import { Walk } from './evaluate/walk.ts'
import { exceptional, successful, terminated } from './status.ts'

/** What to evaluate with. */
export type EvaluationTools = {
  nix: NixInstallation
  store: StoreAddress
  environment: Record<string, string>
  limits?: Partial<Limits>
  /** of attributes, errors and messages; default 50,000 (hercules-ci.md 1.9.4) */
  findingsMax?: number
  /** size of an evaluator's scratch folder, bytes; default 4 GiB */
  scratchBytes?: number
  /** how messages of limits name what sets them; default: the agent's settings */
  tellSetting?: TellSetting
  /** default true */
  importFromDerivation?: boolean
  /** the events are for a server that understands what Firn adds to the protocol */
  extended?: boolean
}

export type EvaluationWork = {
  source: Source
  git: GitSource
  apiBaseUrl: string
  /** hercules-ci.md 1.3.7 */
  ciSystems: Record<string, []> | null
  /** null: the handlers, or the whole of a file without a herculesCI attribute (hercules-ci.md 1.4.6) */
  handler: HandlerName | null
  /** for the fetchers inside the evaluator; the expression never sees them */
  credentials?: readonly GitCredential[]
}

export type EvaluationPorts = {
  /** Resolves when there is room for more. */
  emit: (events: readonly EvaluateEvent[]) => Promise<void>
  /** Resolves when everything emitted is accepted. */
  flush: () => Promise<void>
  log: TaskLog
  /** A derivation that evaluation needs: asked for by a BuildRequest, to be in the store when this resolves. */
  awaitBuild: (drvPath: string, signal: AbortSignal) => Promise<ImportOutcome>
  /** Told what the file is, before anything of it is; never where its root has an error. */
  onKind?: (kind: EvaluationKind) => void
  signal: AbortSignal
}

/** `legacy`: a file without a herculesCI attribute (hercules-ci.md 1.4.8). */
export type EvaluationKind = 'herculesCI' | 'legacy'

/** What the repository does wrong are events, and the status is Successful all the same (hercules-ci.md 1.1.4). */
export async function runEvaluation(
  tools: EvaluationTools,
  work: EvaluationWork,
  ports: EvaluationPorts,
): Promise<TaskStatus> {
  const over = new AbortController()
  const signal = AbortSignal.any([ports.signal, over.signal])
  const graph = new DerivationGraph(signal)
  const { emit, log } = ports
  const { checkout } = work.source
  const { findingsMax: max = findingsMax, extended = false } = tools
  const findings = new Findings({ graph, emit, log, checkout, max, extended })
  const entry = await chooseEntry(work.source)
  try {
    if (entry.ok) return await evaluateEntry(tools, work, { ...ports, signal, findings, graph, entry })
    if (entry.is === 'broken') return exceptional(entry.reason)
    await findings.message(entry.reason)
    return successful
  } finally {
    over.abort()
    await ports.flush()
  }
}

type Inner = EvaluationPorts & { findings: Findings; graph: DerivationGraph; entry: { entry: Entry; name: string } }

async function evaluateEntry(tools: EvaluationTools, work: EvaluationWork, inner: Inner): Promise<TaskStatus> {
  const { findings, log, entry } = inner
  const began = performance.now()
  await logText(log, logLevel.info, `evaluating ${entry.name} with Nix ${tools.nix.version.text}`)
  const nonce = randomBytes(16).toString('hex')
  const { tellSetting = tellAgentSetting } = tools
  const walk = new Walk({ ...inner, nonce, tellSetting })
  await using credentials = await openCredentials(work.credentials ?? [])
  await using evaluation = await open({ tools, work, credentials, nonce }, inner, walk)
  walk.begin(evaluation)
  const status = await evaluateWith(evaluation, work, { ...inner, walk, tellSetting })
  await walk.finish()
  if (tools.extended && status.tag === 'Successful') await tellFacts(tools, work.source, { ...inner, walk })
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  await logText(log, logLevel.info, `evaluated in ${seconds} s: ${findings.summary}`)
  return status
}

/**
 * What an evaluation depended on besides its source, so that the server may use it again. What came out of an import from
 * derivation is not looked through, nor what is in submodules.
 */
async function tellFacts(
  tools: EvaluationTools,
  source: Source,
  { emit, signal, walk }: Inner & { walk: Walk },
): Promise<void> {
  const folders = [source.checkout, ...Object.values(source.inputs).map(({ dir }) => dir)]
  const timeless = !walk.imported && source.submodules === undefined && (await isTimeless(folders, signal))
  await emit([
    {
      tag: 'FirnEvaluationFacts',
      contents: { nixVersion: tools.nix.version.text, forced: [...walk.forced], timeless },
    },
  ])
}

type Opening = { tools: EvaluationTools; work: EvaluationWork; credentials: Credentials; nonce: string }

async function open({ tools, work, credentials, nonce }: Opening, inner: Inner, walk: Walk): Promise<Evaluation> {
  const { source, git, apiBaseUrl, ciSystems, handler } = work
  const { nix, store, environment, limits, scratchBytes, importFromDerivation = true } = tools
  return await openEvaluation({
    nix,
    store,
    program: makeProgram({
      checkout: source.checkout,
      entry: inner.entry.entry,
      git,
      apiBaseUrl,
      ciSystems,
      handler,
      inputs: source.inputs,
      watched: PushArgument.options,
      nonce,
    }),
    settings: { ...evaluatorSettings(source, await defaultSystem(source)), ...credentials.settings },
    sandbox: evaluatorSandbox(source, { environment, ...(scratchBytes !== undefined && { scratchBytes }) }),
    environment: {
      ...evaluatorEnvironment(environment, credentials.git),
      ...(source.submodules && { GIT_CONFIG_GLOBAL: source.submodules.gitConfig }),
    },
    files: credentials.files,
    ...(limits && { limits }),
    importFromDerivation,
    signal: inner.signal,
    on: (notice) => walk.notice(notice),
  })
}

type Walking = { walk: Walk; tellSetting: TellSetting }

async function evaluateWith(evaluation: Evaluation, work: EvaluationWork, inner: Inner & Walking): Promise<TaskStatus> {
  const { findings, walk } = inner
  const isFlake = work.source.flake !== undefined
  if (isFlake) await findSource(evaluation, findings)
  const lock = isFlake ? await lockProblem(evaluation, work.source.checkout) : undefined
  if (lock !== undefined) {
    await walk.settleFirst(() => findings.failed([], { message: lock }))
    return successful
  }
  const read = await evaluation.read('it.kind')
  if ('ended' in read) return await statusOf(read.ended, inner)
  if ('failed' in read) {
    await walk.settleFirst(() => findings.failed([], read.failed))
    return successful
  }
  const kind: EvaluationKind = read.value === 'legacy' ? 'legacy' : 'herculesCI'
  inner.onKind?.(kind)
  if (kind === 'herculesCI' && work.handler === null) {
    const announced = await announceHandlers({ evaluation, isFlake, emit: (events) => findings.emit(events) })
    if ('ended' in announced) return await statusOf(announced.ended, inner)
    if (!announced.ok) await walk.settleFirst(() => findings.failed([], announced.error))
    return successful
  }
  const end = await walk.run(kind === 'legacy' ? 'legacy' : 'outputs')
  return await statusOf(end, inner)
}

/** How texts name a flake's own source; where it cannot be found, what comes next fails as well, and says why. */
async function findSource(evaluation: Evaluation, findings: Findings): Promise<void> {
  const source = await evaluation.read('it.source')
  if ('value' in source && typeof source.value === 'string') findings.sourceIsAlsoAt(source.value)
}

async function statusOf(
  end: WalkEnd,
  { findings, walk, tellSetting }: Walking & { findings: Findings },
): Promise<TaskStatus> {
  if (end.how === 'finished') await walk.finish() // the last answers are counted when they are told
  if (findings.exceeded) {
    await findings.message(
      `Evaluation limit reached. Does your nix expression produce infinite attributes? At most ${findings.max} attributes and messages are taken.\n${tellSetting('attributesMax')}`,
    )
    return exceptional('Evaluation limit reached.')
  }
  if (end.how === 'finished') return successful
  if (end.how === 'stopped') return exceptional('the evaluation was stopped')
  if (end.how === 'broken') return exceptional(`the evaluation could not go on: ${end.reason}`)
  await walk.settleFirst(() => findings.message(explainLimit(end.reason, end.limit, tellSetting)))
  return terminated
}
