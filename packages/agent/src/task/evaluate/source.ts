/** Where the source of an evaluation is on this machine, and what of it is evaluated. */
import { candidateFiles, chooseFile } from '@firn/core/traversal/choose-file'
import { isFileInside, readInside } from './inside.ts'
import type { ClonedInput } from './program.ts'

/** `flake`: a reference that Nix fetches, such as `git+file://…`; undefined for a plain tree. */
export type Source = { checkout: string; flake: string | undefined; inputs: Record<string, ClonedInput> }

export type Entry = { file: string } | { flake: string }

export type EntryChoice = { ok: true; entry: Entry; name: string } | { ok: false; reason: string }

/** The rule of hercules-ci.md 1.1. A source that was fetched as a flake is one. */
export async function chooseEntry({ checkout, flake }: Source): Promise<EntryChoice> {
  if (flake !== undefined) return { ok: true, entry: { flake }, name: 'flake.nix' }
  const present = await Promise.all(candidateFiles.map((file) => isFileInside(checkout, file)))
  const chosen = chooseFile(new Set(candidateFiles.filter((_, i) => present[i])))
  if ('refused' in chosen) return { ok: false, reason: chosen.refused }
  return { ok: true, entry: { file: `${checkout}/${chosen.file}` }, name: chosen.file }
}

/** `ci-default-system.txt`, trimmed: the evaluation's `system` setting (hercules-ci.md 1.1.7). */
export async function defaultSystem({ checkout, flake }: Source): Promise<string | undefined> {
  if (flake !== undefined) return undefined
  const text = await readInside(checkout, 'ci-default-system.txt', 200)
  const system = text?.trim()
  return system !== undefined && /^[A-Za-z0-9_-]+$/.test(system) ? system : undefined
}
