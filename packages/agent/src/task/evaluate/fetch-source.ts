/** Fetches what an evaluation task evaluates: a tarball, or clones of a flake and of the extra inputs (hercules-ci.md 1.2). */
import { join } from 'node:path'
import type { Backoff } from '@firn/base/backoff'
import type { EvaluateTask, GitInput, ImmutableInput } from '@firn/contract/agent/task'
import { type CloneOptions, cloneCommit } from './clone.ts'
import type { ClonedInput } from './program.ts'
import type { Source } from './source.ts'
import { overHttps } from './submodule-url.ts'
import { fetchSubmodules } from './submodules.ts'
import { fetchTarball } from './tarball.ts'

export type SourceNeeds = {
  /** the task's own, empty */
  folder: string
  /** for credentials; the evaluator never sees it */
  secureFolder: string
  environment: Record<string, string>
  backoff: Backoff
  signal: AbortSignal
}

export type FetchedSource = { ok: true; source: Source } | { ok: false; reason: string }

/** Unpacked, in bytes. */
const sourceMaxBytes = 8 * 1024 ** 3

export async function fetchSource(needs: SourceNeeds, task: EvaluateTask, src: GitInput): Promise<FetchedSource> {
  if (Object.keys(task.autoArguments).length > 0 || task.nixPath.length > 0) {
    return { ok: false, reason: 'autoArguments and nixPath are not supported by this agent' }
  }
  const inputs = await cloneInputs(needs, task)
  if (!inputs.ok) return inputs
  if (task.isFlakeJob) {
    return await cloneFlake(needs, task, { src, inputs: inputs.inputs })
  }
  const unpacked = await unpackSource(needs, task)
  return unpacked.ok
    ? { ok: true, source: { checkout: unpacked.checkout, flake: undefined, inputs: inputs.inputs } }
    : unpacked
}

async function cloneFlake(
  needs: SourceNeeds,
  task: EvaluateTask,
  { src, inputs }: { src: GitInput; inputs: Source['inputs'] },
): Promise<FetchedSource> {
  const options = cloneOptions(needs, task, { input: src, dir: join(needs.folder, 'source') })
  const address = task.firn?.submodules ? overHttps(task.firn.repositoryUrl ?? src.httpURL) : undefined
  const cloned = await cloneCommit({ ...options, ...(address !== undefined && { submodulesOf: address }) })
  if (!cloned.ok) return { ok: false, reason: `the repository could not be fetched: ${cloned.reason}` }
  const source = { checkout: cloned.clone.dir, flake: cloned.clone.url, inputs }
  if (address === undefined) return { ok: true, source }
  const fetched = await fetchSubmodules({ ...options, url: address }, join(needs.folder, 'submodules'))
  return fetched.ok ? { ok: true, source: { ...source, submodules: fetched.submodules } } : fetched
}

async function unpackSource({ folder, environment, backoff, signal }: SourceNeeds, task: EvaluateTask) {
  const url = task.otherInputs.src
  if (url === undefined) return { ok: false, reason: 'No src input provided: otherInputs.src is missing' } as const
  const name = task.inputMetadata.src?.name
  const to = { folder: join(folder, 'arg-src'), name: typeof name === 'string' ? name : undefined }
  return await fetchTarball({ ...to, url, maxBytes: sourceMaxBytes, backoff, signal, environment })
}

type Inputs = { ok: true; inputs: Record<string, ClonedInput> } | { ok: false; reason: string }

/** hercules-ci.md 1.10.3 */
async function cloneInputs(needs: SourceNeeds, task: EvaluateTask): Promise<Inputs> {
  const inputs: Record<string, ClonedInput> = {}
  for (const [i, [name, input]] of Object.entries(extraInputs(task)).entries()) {
    if (input.tag !== 'Git')
      return { ok: false, reason: `the extra input ${name} is an archive, which this agent does not support` }
    const dir = join(needs.folder, `input-${i}`)
    const cloned = await cloneCommit(cloneOptions(needs, task, { input: input.contents, dir }))
    if (!cloned.ok) return { ok: false, reason: `the extra input ${name} could not be fetched: ${cloned.reason}` }
    inputs[name] = cloned.clone
  }
  return { ok: true, inputs }
}

function extraInputs({ selector }: EvaluateTask): Record<string, ImmutableInput> {
  if (selector.tag === 'OnPush') return selector.contents.inputs
  return selector.tag === 'OnSchedule' ? selector.contents.extraInputs : {}
}

function cloneOptions(needs: SourceNeeds, task: EvaluateTask, what: { input: GitInput; dir: string }): CloneOptions {
  const { input, dir } = what
  return { ...needs, url: input.httpURL, rev: input.rev, dir, credentials: task.extraGitCredentials ?? [] }
}
