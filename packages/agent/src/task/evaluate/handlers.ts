/** The handlers of a herculesCI attribute, announced (hercules-ci.md 1.4.7, 1.10, 1.11). */
import type { EvaluateEvent, SiblingInput } from '@firn/contract/agent/evaluate-event'
import { checkWhen } from '@firn/core/traversal/when'
import type { Evaluation } from '@firn/nix/evaluator/evaluation'
import { nixString } from '@firn/nix/evaluator/nix-text'
import type { EvaluationError } from '@firn/nix/evaluator/notice'
import { z } from 'zod'
import type { HandlerName } from './program.ts'

const HandlerNames = z.array(z.string())

const Handler = z.object({
  enable: z.boolean(),
  extraInputs: z.record(z.string(), z.object({ project: z.string(), ref: z.string().nullable() })),
  when: z.object({
    minute: z.int().nullable().default(null),
    hour: z.array(z.int()).nullable().default(null),
    dayOfWeek: z.array(z.string()).nullable().default(null),
    dayOfMonth: z.array(z.int()).nullable().default(null),
  }),
})
type Handler = z.infer<typeof Handler>

export type Announced = { ok: true } | { ok: false; error: EvaluationError }

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
    if ('failed' in names) return { ok: false, error: names.failed }
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
  if ('failed' in read) return { ok: false, error: read.failed }
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

function siblings({ extraInputs }: Handler): Record<string, SiblingInput> {
  return Object.fromEntries(
    Object.entries(extraInputs).map(([name, contents]) => [name, { tag: 'SiblingInput', contents }]),
  )
}
