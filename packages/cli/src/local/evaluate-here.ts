/** An evaluation of a folder of this machine, as an agent would do it for a push. */
import { logLevel, logText } from '@firn/agent/report/task-log'
import { type EvaluationPorts, runEvaluation } from '@firn/agent/task/evaluate'
import type { EvaluationBounds } from '@firn/agent/task/evaluate/limits'
import type { HandlerName } from '@firn/agent/task/evaluate/program'
import type { Source } from '@firn/agent/task/evaluate/source'
import { successful } from '@firn/agent/task/status'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import type { GitCredential, TaskStatus } from '@firn/contract/agent/task'
import { describeSource } from '@firn/core/traversal/git-source'
import type { World } from '../world.ts'
import type { LocalCheckout } from './checkout.ts'
import { Refusals } from './credentials.ts'
import { tellOption } from './limits.ts'
import type { LocalMachine } from './machine.ts'

export type LocalEvaluation = {
  machine: LocalMachine
  checkout: LocalCheckout
  source: Source
  /** what the repository is told of the server's address (hercules-ci.md 1.3.8) */
  apiBaseUrl: string
  bounds: EvaluationBounds
  /** for the fetchers of inputs */
  credentials: GitCredential[]
}

export type LocalPorts = Pick<EvaluationPorts, 'emit' | 'log' | 'awaitBuild' | 'onKind' | 'signal'>

/** As the agent reads it (hercules-ci.md 4.1.2); without one, the server that `firn up` starts. */
export function apiBaseUrl({ env }: Pick<World, 'env'>): string {
  return env.HERCULES_CI_API_BASE_URL || env.HERCULES_API_BASE_URL || 'http://127.0.0.1:8080'
}

/** `onPush.NAME` or `onSchedule.NAME`. @throws with a sentence for the user */
export function parseHandler(text: string): HandlerName {
  const [, kind, name] = /^(onPush|onSchedule)\.(.+)$/s.exec(text) ?? []
  if (name === undefined || (kind !== 'onPush' && kind !== 'onSchedule'))
    throw new Error(`--job must be onPush.NAME or onSchedule.NAME, not ${text}.`)
  return { kind, name }
}

export function titleOf({ kind, name }: HandlerName): string {
  return `${kind}.${name}`
}

/** `handler` null: the configuration, or the whole of a file without a herculesCI attribute. */
export async function evaluateHere(
  { machine, checkout, source, apiBaseUrl, bounds, credentials }: LocalEvaluation,
  handler: HandlerName | null,
  ports: LocalPorts,
): Promise<TaskStatus> {
  const { nix, store, environment } = machine
  const git = describeSource(checkout.commit)
  const work = { source, git, apiBaseUrl, ciSystems: null, handler, credentials }
  const tools = { nix, store, environment, ...bounds, tellSetting: tellOption }
  const refusals = new Refusals()
  const emit = async (events: readonly EvaluateEvent[]) => {
    for (const event of events) if (event.tag === 'AttributeError') refusals.look(event.contents.errorMessage)
    await ports.emit(events)
  }
  const log = refusals.in(ports.log)
  const status = await runEvaluation(tools, work, { ...ports, emit, log, flush: async () => {} })
  const advice = refusals.advice(credentials)
  if (advice !== undefined) await logText(ports.log, logLevel.warn, advice)
  return status
}

export type EvaluationEnd = 'done' | 'limit' | 'broken'

/** `limit`: the expression's doing, said in a message among the events (hercules-ci.md 1.9.4). */
export function endOf(status: TaskStatus): EvaluationEnd {
  if (status.tag !== 'Exceptional') return status.tag === successful.tag ? 'done' : 'limit'
  return status.contents.startsWith('Evaluation limit reached') ? 'limit' : 'broken'
}
