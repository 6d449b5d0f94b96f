/** The extra inputs of handlers: what a configuration declares, against what the user names (hercules-ci.md 1.10). */
import type { EvaluationKind } from '@firn/agent/task/evaluate'
import type { HandlerName } from '@firn/agent/task/evaluate/program'
import type { Source } from '@firn/agent/task/evaluate/source'
import type { EvaluateEvent, OnPushHandler, SiblingInput } from '@firn/contract/agent/evaluate-event'
import { inLine } from '../watch/in-line.ts'
import { evaluateHere, type LocalEvaluation, type LocalPorts, titleOf } from './evaluate-here.ts'
import { Found } from './found.ts'

type Given = Source['inputs']

/**
 * Looks, before a handler is evaluated, whether its inputs are there. Where the configuration has errors or no such
 * handler, the handler's own evaluation tells.
 * @throws with a sentence for the user: there are no handlers at all, or the inputs do not fit
 */
export async function checkHandler(
  evaluation: LocalEvaluation,
  handler: HandlerName,
  ports: Pick<LocalPorts, 'emit' | 'awaitBuild' | 'signal'>,
): Promise<void> {
  const found = new Found()
  const emit = async (events: readonly EvaluateEvent[]) => {
    for (const event of events) found.take(event)
    await ports.emit(events)
  }
  const onKind = (kind: EvaluationKind) => {
    if (kind === 'legacy')
      throw new Error(
        `There is no ${inLine(titleOf(handler))}: the file has no herculesCI attribute. Without --job its attributes are evaluated.`,
      )
  }
  await evaluateHere(evaluation, null, { ...ports, emit, onKind, log: async () => {} })
  checkInputs(found, [titleOf(handler)], evaluation.source.inputs)
}

/** @throws with a sentence for the user, where inputs are given that nothing can take */
export function checkKind(kind: EvaluationKind, given: Given): void {
  const [name] = Object.keys(given)
  if (kind === 'legacy' && name !== undefined)
    throw new Error(`Nothing takes the extra input ${name}: the file has no herculesCI attribute.`)
}

/**
 * @param found the configuration
 * @param wanted which of its handlers are to be evaluated
 * @throws with a sentence for the user: an input was not given, or one was that no handler declares
 */
export function checkInputs(found: Found, wanted: readonly string[], given: Given): void {
  const handlers = declaringHandlers(found)
  const evaluated = handlers.filter(({ title }) => wanted.includes(title))
  requireInputs(evaluated, given)
  // What is not known of may declare it: a handler that is not enabled, or one behind an error.
  const isAllKnown = found.hasConfig && found.problems === 0 && evaluated.length === wanted.length
  if (isAllKnown) refuseOthers(handlers, given)
}

type Declaring = { title: string; inputs: OnPushHandler['handlerExtraInputs'] }

function declaringHandlers({ onPush, onSchedule }: Found): Declaring[] {
  const of = (kind: HandlerName['kind']) => (contents: OnPushHandler) => ({
    title: titleOf({ kind, name: contents.handlerName }),
    inputs: contents.handlerExtraInputs,
  })
  return [...onPush.map(of('onPush')), ...onSchedule.map(of('onSchedule'))]
}

function requireInputs(handlers: readonly Declaring[], given: Given): void {
  const missing = handlers.map(({ title, inputs }) => ({
    title,
    inputs: Object.entries(inputs).filter(([name]) => !Object.hasOwn(given, name)),
  }))
  const names = new Set(missing.flatMap(({ inputs }) => inputs.map(([name]) => name)))
  if (names.size === 0) return
  const declared = missing.filter(({ inputs }) => inputs.length > 0).map(showMissing)
  const options = [...names].map((name) => `--input ${inLine(name)}=PATH`).join(' ')
  throw new Error(
    `${declared.join('; ')}, which a server would resolve. Name a Git checkout for ${names.size === 1 ? 'it' : 'each'}: ${options}`,
  )
}

function showMissing({ title, inputs }: { title: string; inputs: [string, SiblingInput][] }): string {
  const named = inputs.map(([name, { contents }]) => {
    const at = contents.ref == null ? '' : ` at ${contents.ref}`
    return inLine(`${name} (project ${contents.project}${at})`)
  })
  return `${inLine(title)} declares the extra ${named.length === 1 ? 'input' : 'inputs'} ${named.join(' and ')}`
}

function refuseOthers(handlers: readonly Declaring[], given: Given): void {
  const declared = new Set(handlers.flatMap(({ inputs }) => Object.keys(inputs)))
  const other = Object.keys(given).find((name) => !declared.has(name))
  if (other === undefined) return
  const those = declared.size === 0 ? 'None is declared' : `Declared are ${[...declared].map(inLine).join(', ')}`
  throw new Error(`No handler declares the extra input ${other}. ${those}.`)
}
