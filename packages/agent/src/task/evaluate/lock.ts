/** The check of flake.lock before a flake is evaluated (see `core/traversal/check-lock.ts`). */
import { checkLock, type DeclaredInput, type LockFile } from '@firn/core/traversal/check-lock'
import type { Evaluation } from '@firn/nix/evaluator/evaluation'
import { z } from 'zod'
import { readInside } from './inside.ts'

/** Attributes of a reference that are no text (numbers, booleans) tell no source from another. */
const Ref = z.record(z.string(), z.json()).transform((ref) => {
  const texts = Object.entries(ref).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  )
  return Object.fromEntries(texts)
})

const Node = z.object({
  inputs: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
  locked: Ref.optional().transform((ref) => ref),
  original: Ref.optional().transform((ref) => ref),
  flake: z.boolean().default(true),
})

const Lock = z.object({ root: z.string(), version: z.int().min(5).max(7), nodes: z.record(z.string(), Node) })

const Input = z.record(z.string(), z.json()).transform((attrs): DeclaredInput => {
  const { url, follows, flake, inputs, ...rest } = attrs
  const nested = Inputs.safeParse(inputs ?? {})
  return {
    url: typeof url === 'string' ? url : undefined,
    ref: Ref.parse(rest),
    follows: typeof follows === 'string' ? follows : undefined,
    flake: flake !== false,
    inputs: nested.data ?? {},
  }
})
const Inputs: z.ZodType<Record<string, DeclaredInput>> = z.record(z.string(), Input)

/** `self` is the flake itself, of which newer Nix takes wishes (`inputs.self.submodules`); it is in no lock. */
const Flake = z.object({
  inputs: Inputs.transform(({ self: _, ...inputs }) => inputs),
  arguments: z.array(z.string()),
})

const lockMaxBytes = 64 * 1024 * 1024

/** A text for the user when the lock does not fit. What cannot be read is left to Nix, which says what is wrong with it. */
export async function lockProblem(evaluation: Pick<Evaluation, 'read'>, checkout: string): Promise<string | undefined> {
  const read = await evaluation.read('it.flakeInputs')
  const flake = 'value' in read ? Flake.safeParse(read.value).data : undefined
  if (flake === undefined) return undefined
  const lock = await readLock(checkout)
  if (lock === 'unreadable') return 'flake.lock cannot be read: it is not a lock file of version 5 to 7.'
  const implicit = flake.arguments.filter((name) => name !== 'self' && !(name in flake.inputs))
  const none: DeclaredInput = { url: undefined, ref: {}, follows: undefined, flake: true, inputs: {} }
  const declared = { ...flake.inputs, ...Object.fromEntries(implicit.map((name) => [name, none])) }
  const problems = checkLock(declared, lock)
  if (problems.length === 0) return undefined
  return `flake.lock does not fit flake.nix. Run \`nix flake lock\` and commit flake.lock; it is never changed here.\n${problems.map((problem) => `- ${problem}`).join('\n')}`
}

async function readLock(checkout: string): Promise<LockFile | undefined | 'unreadable'> {
  const text = await readInside(checkout, 'flake.lock', lockMaxBytes)
  if (text === undefined) return undefined
  try {
    return Lock.parse(JSON.parse(text))
  } catch {
    return 'unreadable'
  }
}
