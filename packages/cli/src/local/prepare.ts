/** What `firn eval` and `firn run` begin with: this machine, the checkout, its source, and what a person should know of them. */
import { openGit } from '../up/checkout.ts'
import type { World } from '../world.ts'
import { type Pretended, readLocalCheckout } from './checkout.ts'
import { readCredentials } from './credentials.ts'
import { apiBaseUrl, type LocalEvaluation } from './evaluate-here.ts'
import { cloneInputs, parseInputs } from './inputs.ts'
import { parseLimits } from './limits.ts'
import { openLocalMachine } from './machine.ts'
import { describeChanges, openLocalSource } from './source.ts'

export type LocalOptions = Pretended & {
  job?: string | undefined
  /** `NAME=PATH` */
  input: string[]
  /** a file of logins */
  credentials?: string | undefined
  /** `NAME=NUMBER` */
  limit: string[]
}

export type Prepared = LocalEvaluation & AsyncDisposable & { notes: string[] }

/** @throws with a sentence for the user */
export async function prepare(
  world: World,
  { path, options, slots }: { path: string; options: LocalOptions; slots: number },
  signal: AbortSignal,
): Promise<Prepared> {
  const inputPaths = parseInputs(options.input)
  const bounds = parseLimits(options.limit)
  const credentials = options.credentials === undefined ? [] : await readCredentials(options.credentials)
  const git = openGit(world.env)
  const checkout = await readLocalCheckout(git, path, options)
  await using opened = new AsyncDisposableStack()
  const machine = opened.use(await openLocalMachine(world, slots))
  const inputs = await cloneInputs({ machine, git, signal }, inputPaths)
  const source = await openLocalSource({ git, folder: machine.folder, inputs }, checkout)
  const notes = [...checkout.notes, ...describeChanges(source, checkout)]
  const open = opened.move()
  return {
    machine,
    checkout,
    source,
    bounds,
    credentials,
    notes,
    apiBaseUrl: apiBaseUrl(world),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
