/** Runs an evaluation without a server, and makes its events comparable. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import type { TaskStatus } from '@firn/contract/agent/task'
import { type Commit, describeSource } from '@firn/core/traversal/git-source'
import { findStore } from '@firn/nix/daemon/find-store'
import type { NixInstallation } from '@firn/nix/nix-installation'
import type { LogBody } from '../report/task-log.ts'
import { cloneCommit } from '../task/evaluate/clone.ts'
import type { Source } from '../task/evaluate/source.ts'
import { type EvaluationPorts, type EvaluationTools, type EvaluationWork, runEvaluation } from '../task/evaluate.ts'
import { testRev } from './agent-bench.ts'

const nixConf = readFileSync(new URL('./nix.conf', import.meta.url), 'utf8')

export type EvaluationBench = {
  tools: EvaluationTools
  /** A folder for a source, removed at the end. */
  folder: string
  [Symbol.asyncDispose](): Promise<void>
}

export async function openEvaluationBench(nix: NixInstallation): Promise<EvaluationBench> {
  const folder = await mkdtemp(join(tmpdir(), 'firn-evaluation-test-'))
  await writeFile(join(folder, 'nix.conf'), nixConf)
  const environment = { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: folder, NIX_CONF_DIR: folder }
  const search = await findStore({ nix, env: environment, remote: 'local' })
  if (!search.ok) throw new Error(search.reason)
  return {
    tools: { nix, store: search.store.address, environment },
    folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** A copy of a tree, with `@salt@` in its files replaced. */
export async function copySource(from: string, to: string, salt: string): Promise<string> {
  await cp(from, to, { recursive: true, verbatimSymlinks: true, filter: (file) => !file.endsWith('/expected.json') })
  for (const entry of await readdir(to, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const text = await readFile(file, 'utf8')
    if (text.includes('@salt@')) await writeFile(file, text.replaceAll('@salt@', salt))
  }
  return to
}

/** A Git repository with three commits, the last of which holds the tree, cloned as a task does it. */
export async function asFlake({ tools }: EvaluationBench, tree: string): Promise<{ source: Source; rev: string }> {
  const rev = commitTree(tree, tools.environment)
  const cloned = await cloneCommit({
    url: `file://${tree}`,
    rev,
    dir: `${tree}-clone`,
    secureFolder: `${tree}-secure`,
    credentials: [],
    backoff: { firstMs: 1, factor: 1, capMs: 1, tries: 1 },
    signal: new AbortController().signal,
    environment: tools.environment,
  })
  if (!cloned.ok) throw new Error(cloned.reason)
  return { source: { checkout: cloned.clone.dir, flake: cloned.clone.url, inputs: {} }, rev }
}

/** Gives the revision. */
export function commitTree(tree: string, environment: Record<string, string>): string {
  const author = {
    GIT_AUTHOR_NAME: 'A',
    GIT_AUTHOR_EMAIL: 'a@example',
    GIT_COMMITTER_NAME: 'A',
    GIT_COMMITTER_EMAIL: 'a@example',
  }
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', tree, ...args], { env: { ...environment, ...author }, encoding: 'utf8' }).trim()
  git('init', '--quiet', '--initial-branch=main')
  git('config', 'uploadpack.allowFilter', 'true')
  git('commit', '--quiet', '--allow-empty', '-m', 'first')
  git('commit', '--quiet', '--allow-empty', '-m', 'second')
  git('add', '.')
  git('commit', '--quiet', '-m', 'third')
  return git('rev-parse', 'HEAD')
}

export type Evaluated = { status: TaskStatus; events: EvaluateEvent[]; log: string }

export type Telling = Partial<Commit> & { ciSystems?: Record<string, []>; handler?: string } & Pick<
    EvaluationWork,
    'credentials'
  >

/** As a task of the commit `testRev` on main, unless told otherwise. */
export async function evaluateSource(
  tools: EvaluationTools,
  source: Source | string,
  telling: Telling = {},
  ports: Partial<EvaluationPorts> = {},
): Promise<Evaluated> {
  const { ciSystems = null, handler, credentials = [], ...commit } = telling
  const events: EvaluateEvent[] = []
  const log: LogBody[] = []
  const [kind, name = ''] = handler?.split(/\.(.*)/) ?? []
  const work: EvaluationWork = {
    source: typeof source === 'string' ? { checkout: source, flake: undefined, inputs: {} } : source,
    git: describeSource({ ref: 'refs/heads/main', rev: testRev, ...commit }),
    apiBaseUrl: 'https://ci.example',
    ciSystems,
    handler: kind === 'onPush' || kind === 'onSchedule' ? { kind, name } : null,
    credentials,
  }
  const status = await runEvaluation(tools, work, {
    emit: async (batch) => void events.push(...batch),
    flush: async () => {},
    log: async (entry) => void log.push(entry),
    awaitBuild: async (drvPath) => ({ built: false, text: `nothing builds ${drvPath} in this test` }),
    signal: new AbortController().signal,
    ...ports,
  })
  return { status, events, log: log.map((entry) => (entry.tag === 'Msg' ? entry.msg : '')).join('\n') }
}
