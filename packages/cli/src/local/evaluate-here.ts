/** An evaluation of a folder of this machine, as an agent would do it for a push. */
import type { TaskLog } from '@firn/agent/report/task-log'
import { type EvaluationPorts, runEvaluation } from '@firn/agent/task/evaluate'
import type { HandlerName } from '@firn/agent/task/evaluate/program'
import type { Source } from '@firn/agent/task/evaluate/source'
import { successful } from '@firn/agent/task/status'
import type { EvaluateEvent, OnPushHandler } from '@firn/contract/agent/evaluate-event'
import type { TaskStatus } from '@firn/contract/agent/task'
import { describeSource } from '@firn/core/traversal/git-source'
import type { World } from '../world.ts'
import type { LocalCheckout } from './checkout.ts'
import type { LocalMachine } from './machine.ts'

export type LocalEvaluation = {
  machine: LocalMachine
  checkout: LocalCheckout
  source: Source
  /** what the repository is told of the server's address (hercules-ci.md 1.3.8) */
  apiBaseUrl: string
}

export type LocalPorts = Pick<EvaluationPorts, 'emit' | 'log' | 'awaitBuild' | 'signal'>

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

/** `handler` null: the configuration, or the whole of a file without a herculesCI attribute. */
export async function evaluateHere(
  { machine, checkout, source, apiBaseUrl }: LocalEvaluation,
  handler: HandlerName | null,
  ports: LocalPorts,
): Promise<TaskStatus> {
  const { nix, store, environment } = machine
  const git = describeSource(checkout.commit)
  const work = { source, git, apiBaseUrl, ciSystems: null, handler }
  return await runEvaluation({ nix, store, environment }, work, { ...ports, flush: async () => {} })
}

type Siblings = OnPushHandler['handlerExtraInputs']

/**
 * The extra inputs that a handler declares, read from the configuration. Empty where there is no such handler, and
 * where the configuration has errors: the handler's own evaluation tells.
 */
export async function declaredInputs(
  evaluation: LocalEvaluation,
  handler: HandlerName,
  signal: AbortSignal,
): Promise<Siblings> {
  const enough = new AbortController()
  let declared: Siblings = {}
  const emit = async (events: readonly EvaluateEvent[]) => {
    for (const event of events) {
      if (event.tag === 'OnPushHandlerEvent' || event.tag === 'OnScheduleHandlerEvent') {
        const kind = event.tag === 'OnPushHandlerEvent' ? 'onPush' : 'onSchedule'
        if (kind === handler.kind && event.contents.handlerName === handler.name)
          declared = event.contents.handlerExtraInputs
      } else if (event.tag !== 'JobConfig') enough.abort() // a file without a configuration would be walked through
    }
  }
  await evaluateHere(evaluation, null, {
    emit,
    log: silent,
    awaitBuild: async () => ({ built: false, text: 'not needed for the configuration' }),
    signal: AbortSignal.any([signal, enough.signal]),
  })
  return declared
}

const silent: TaskLog = async () => {}

/** @throws with a sentence for the user, when an input was not given */
export function requireInputs(handler: string, declared: Siblings, given: Source['inputs']): void {
  const missing = Object.entries(declared).filter(([name]) => !Object.hasOwn(given, name))
  if (missing.length === 0) return
  const named = missing.map(([name, { contents }]) => {
    const at = contents.ref == null ? '' : ` at ${contents.ref}`
    return `${name} (project ${contents.project}${at})`
  })
  const options = missing.map(([name]) => `--input ${name}=PATH`).join(' ')
  throw new Error(
    `${handler} declares the extra ${named.length === 1 ? 'input' : 'inputs'} ${named.join(' and ')}, which a server would resolve. Name a Git checkout for it: ${options}`,
  )
}

export type EvaluationEnd = 'done' | 'limit' | 'broken'

/** `limit`: the expression's doing, said in a message among the events (hercules-ci.md 1.9.4). */
export function endOf(status: TaskStatus): EvaluationEnd {
  if (status.tag !== 'Exceptional') return status.tag === successful.tag ? 'done' : 'limit'
  return status.contents.startsWith('Evaluation limit reached') ? 'limit' : 'broken'
}
