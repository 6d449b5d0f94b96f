/** The Nix program of an evaluation, put together from the .nix files in `program/`. */
import { readFileSync } from 'node:fs'
import type { GitSource } from '@firn/core/traversal/git-source'
import { nixString } from '@firn/nix/evaluator/nix-text'

export type HandlerName = { kind: 'onPush' | 'onSchedule'; name: string }

/** A repository that the agent has cloned: `dir` is the clone, `url` names it for Nix's fetchers. */
export type ClonedInput = { dir: string; url: string; rev: string }

export type ProgramArguments = {
  /** the folder of the source */
  checkout: string
  /** the file that is evaluated, absolute; or the flake, as a reference that Nix fetches */
  entry: { file: string } | { flake: string }
  git: GitSource
  apiBaseUrl: string
  /** hercules-ci.md 1.3.7 */
  ciSystems: Record<string, []> | null
  /** whose outputs are the root, if it is not a file of the old kind */
  handler: HandlerName | null
  inputs: Record<string, ClonedInput>
  /** arguments whose use is told by a trace of the nonce and the argument's name */
  watched: readonly string[]
  nonce: string
}

const text = (name: string) => readFileSync(new URL(`program/${name}.nix`, import.meta.url), 'utf8')
const files = {
  program: text('program'),
  schema: text('schema'),
  autoCall: text('auto-call'),
  names: text('names'),
  defaultFlakeJob: text('default-flake-job'),
}

export function makeProgram({ entry, ...others }: ProgramArguments): string {
  const args = nixString(JSON.stringify({ ...others, ...entry }))
  return `(\n${files.program}\n) {
  args = builtins.fromJSON ${args};
  schema = (\n${files.schema}\n);
  autoCall = (\n${files.autoCall}\n);
  names = (\n${files.names}\n);
  defaultFlakeJob = (\n${files.defaultFlakeJob}\n);
}`
}
