/** Extra inputs of local runs: repositories of this machine, named by the user (hercules-ci.md 1.10). */
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { cloneCommit } from '@firn/agent/task/evaluate/clone'
import type { ClonedInput } from '@firn/agent/task/evaluate/program'
import type { Git } from '../up/checkout.ts'
import type { LocalMachine } from './machine.ts'

/** `NAME=PATH`, as often as there are inputs. @throws with a sentence for the user */
export function parseInputs(texts: readonly string[]): Map<string, string> {
  return new Map(
    texts.map((text) => {
      const [, name, path] = /^([^=]+)=(.+)$/.exec(text) ?? []
      if (name === undefined || path === undefined) throw new Error(`--input must be NAME=PATH, not ${text}.`)
      return [name, path]
    }),
  )
}

export type InputNeeds = { machine: LocalMachine; git: Git; signal: AbortSignal }

/** Clones the HEAD of each; changes that are not committed are not part of an input. @throws with a sentence for the user */
export async function cloneInputs(
  { machine, git, signal }: InputNeeds,
  paths: ReadonlyMap<string, string>,
): Promise<Record<string, ClonedInput>> {
  const inputs: Record<string, ClonedInput> = {}
  for (const [i, [name, path]] of [...paths].entries()) {
    const refuse = (reason: string) => {
      throw new Error(`The extra input ${name} cannot be had from ${path}: ${reason}`)
    }
    const folder = await realpath(path).catch(() => refuse('there is no such folder.'))
    const rev = await git(folder, 'rev-parse', '--verify', 'HEAD^{commit}').catch(() =>
      refuse('it is not a Git checkout with a commit.'),
    )
    const cloned = await cloneCommit({
      url: `file://${encodeURI(folder)}`,
      rev,
      dir: join(machine.folder, `input-${i}`),
      secureFolder: join(machine.folder, 'secure'),
      credentials: [],
      backoff: { firstMs: 1, factor: 1, capMs: 1, tries: 1 },
      signal,
      environment: machine.environment,
    })
    inputs[name] = cloned.ok ? cloned.clone : refuse(cloned.reason)
  }
  return inputs
}
