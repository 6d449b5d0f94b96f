/** The handlers of a herculesCI attribute, announced (hercules-ci.md 1.4.7, 1.10, 1.11). */
import type { EvaluateEvent, SiblingInput } from '@firn/contract/agent/evaluate-event'
import { checkWhen } from '@firn/core/traversal/when'
import type { Evaluation, Reading, WalkEnd } from '@firn/nix/evaluator/evaluation'
import { nixString } from '@firn/nix/evaluator/nix-text'
import type { EvaluationError } from '@firn/nix/evaluator/notice'
import { z } from 'zod'
import type { HandlerName } from './program.ts'

const HandlerNames = z.array(z.string())

const Handler = z.object({
  enable: z.boolean(),
  extraInputs: z
    .array(z.object({ name: z.string(), value: z.object({ project: z.string(), ref: z.string().nullable() }) }))
    .transform((inputs) => Object.fromEntries(inputs.map(({ name, value }) => [name, value]))),
  // Nix's whole numbers may be larger than those that are exact here; `checkWhen` refuses them.
  when: z.object({
    minute: z.number().nullable().default(null),
    hour: z.array(z.number()).nullable().default(null),
    dayOfWeek: z.array(z.string()).nullable().default(null),
    dayOfMonth: z.array(z.number()).nullable().default(null),
  }),
})
type Handler = z.infer<typeof Handler>

/** `ended`: the evaluation, before all was announced. */
export type Announced = { ok: true } | { ok: false; error: EvaluationError } | { ok: false; ended: WalkEnd }

type Announcing = {
  evaluation: Pick<Evaluation, 'read'>
  isFlake: boolean
  emit: (events: EvaluateEvent[]) => Promise<void>
}

/** JobConfig, then each handler in name order; the first error ends it (hercules-ci.md 1.10.10). */
export async function announceHandlers(announcing: Announcing): Promise<Announced> {
  await announcing.emit([{ tag: 'JobConfig', contents: { sourceCaches: null, binaryCaches: null } }])
  for (const kind of ['onPush', 'onSchedule'] as const) {
    const names = await announcing.evaluation.read(`it.handlerNames ${nixString(kind)}`)
    if (!('value' in names)) return unread(names)
    for (const name of HandlerNames.parse(names.value)) {
      const announced = await announceHandler(announcing, { kind, name })
      if (!announced.ok) return announced
    }
  }
  return { ok: true }
}

async function announceHandler(
  { evaluation, isFlake, emit }: Announcing,
  { kind, name }: HandlerName,
): Promise<Announced> {
  const read = await evaluation.read(`it.handler ${nixString(kind)} ${nixString(name)}`)
  if (!('value' in read)) return unread(read)
  const handler = Handler.parse(read.value)
  const contents = { handlerName: name, handlerExtraInputs: siblings(handler), isFlake }
  if (kind === 'onPush') {
    if (handler.enable) await emit([{ tag: 'OnPushHandlerEvent', contents }])
    return { ok: true }
  }
  const when = checkWhen(handler.when, `herculesCI.onSchedule.${name}.when`)
  if (!when.ok) return { ok: false, error: { message: when.message } }
  if (handler.enable) await emit([{ tag: 'OnScheduleHandlerEvent', contents: { ...contents, when: when.when } }])
  return { ok: true }
}

function unread(read: Exclude<Reading, { value: unknown }>): Announced {
  return 'failed' in read ? { ok: false, error: read.failed } : { ok: false, ended: read.ended }
}

function siblings({ extraInputs }: Handler): Record<string, SiblingInput> {
  return Object.fromEntries(
    Object.entries(extraInputs).map(([name, contents]) => [name, { tag: 'SiblingInput', contents }]),
  )
}
