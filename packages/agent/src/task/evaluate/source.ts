/** Where the source of an evaluation is on this machine, and what of it is evaluated. */
import { access, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { type ChosenFile, candidateFiles, chooseFile } from '@firn/core/traversal/choose-file'
import { isFileInside, readInside } from './inside.ts'
import type { ClonedInput } from './program.ts'
import type { Submodules } from './submodules.ts'

/** `flake`: a reference that Nix fetches, such as `git+file://…`; undefined for a plain tree. */
export type Source = {
  checkout: string
  flake: string | undefined
  inputs: Record<string, ClonedInput>
  submodules?: Submodules
}

export type Entry = { file: string } | { flake: string }

/** `refused`: the repository's matter; `broken`: the source was not given as what it is. */
export type EntryChoice =
  | { ok: true; entry: Entry; name: string }
  | { ok: false; is: 'refused' | 'broken'; reason: string }

/** The rule of hercules-ci.md 1.1. A source that was fetched as a flake is one (1.1.6). */
export async function chooseEntry({ checkout, flake }: Source): Promise<EntryChoice> {
  if (flake !== undefined) return { ok: true, entry: { flake }, name: 'flake.nix' }
  const chosen = await chosenFile(checkout)
  if ('refused' in chosen) return { ok: false, is: 'refused', reason: chosen.refused }
  if (chosen.file === 'flake.nix')
    return { ok: false, is: 'broken', reason: 'the source is a flake, but was not given as one' }
  return { ok: true, entry: { file: `${checkout}/${chosen.file}` }, name: chosen.file }
}

/**
 * A folder of this machine as a source, for evaluations without a server: a flake where flake.nix is chosen, taken from
 * Git (tracked files, changes included) or, outside a repository, as it is (hercules-ci.md 1.2.6).
 */
export async function localSource(folder: string): Promise<Source> {
  const checkout = await realpath(folder)
  const chosen = await chosenFile(checkout)
  if ('refused' in chosen || chosen.file !== 'flake.nix') return { checkout, flake: undefined, inputs: {} }
  return { checkout, flake: await flakeReference(checkout), inputs: {} }
}

/** As Nix itself makes it of a path: that a part of the history is missing has to be allowed. */
async function flakeReference(checkout: string): Promise<string> {
  const has = (path: string) =>
    access(join(checkout, path)).then(
      () => true,
      () => false,
    )
  const path = encodeURI(checkout)
  if (!(await has('.git'))) return `path:${path}`
  return `git+file://${path}${(await has('.git/shallow')) ? '?shallow=1' : ''}`
}

async function chosenFile(checkout: string): Promise<ChosenFile> {
  const present = await Promise.all(candidateFiles.map((file) => isFileInside(checkout, file)))
  return chooseFile(new Set(candidateFiles.filter((_, i) => present[i])))
}

/** `ci-default-system.txt`, trimmed: the evaluation's `system` setting (hercules-ci.md 1.1.7). */
export async function defaultSystem({ checkout, flake }: Source): Promise<string | undefined> {
  if (flake !== undefined) return undefined
  const text = await readInside(checkout, 'ci-default-system.txt', 200)
  const system = text?.trim()
  return system !== undefined && /^[A-Za-z0-9_-]+$/.test(system) ? system : undefined
}
