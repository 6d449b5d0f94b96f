/** An agent under test: its Nix with a private configuration, its folders, its server. */
import { execFileSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log } from '@firn/base/log'
import { openLog } from '@firn/base/log'
import type { BuildTask, EvaluateTask, Selector } from '@firn/contract/agent/task'
import { BuildSettings, EvaluationSettings } from '@firn/contract/files/agent-config'
import { findNix, inspectNix, type NixInstallation } from '@firn/nix/nix-installation'
import { type AgentEnd, type AgentOptions, runAgent } from '../app.ts'
import type { AgentConfig } from '../config.ts'
import { type AgentTimings, agentTimings } from '../timings.ts'
import { CiServer } from './ci-server.ts'

const nixConf = readFileSync(new URL('./nix.conf', import.meta.url), 'utf8')

/** Every Nix to test with: that of PATH, and those that FIRN_TEST_NIX names. */
export async function testNixes(): Promise<NixInstallation[]> {
  const folders = (process.env.FIRN_TEST_NIX ?? '').split(':').filter(Boolean)
  const found = await Promise.all([findNix(process.env.PATH ?? '/usr/bin'), ...folders.map(inspectNix)])
  return found.map((result) => {
    if (!result.ok) throw new Error(result.reason)
    return result.nix
  })
}

/** A word that makes derivations new: the store of the machine is shared by all tests. */
export function randomSalt(): string {
  return `s${randomBytes(8).toString('hex')}`
}

/** Short waits where tests need them; the rest as it is. */
export const testTimings: AgentTimings = {
  ...agentTimings,
  socket: { ...agentTimings.socket, reconnect: { firstMs: 10, factor: 1.5, capMs: 100, tries: Infinity } },
  reports: { firstMs: 10, factor: 1.5, capMs: 100, tries: Infinity },
  requests: { firstMs: 10, factor: 1.5, capMs: 100, tries: 10 },
  join: { firstMs: 10, factor: 1.5, capMs: 100, tries: Infinity },
  evalBuildPollMs: 20,
}

export type Bench = {
  nix: NixInstallation
  server: CiServer
  config: AgentConfig
  folder: string
  environment: Record<string, string>
  run(options?: Partial<AgentOptions>): RunningAgent
  [Symbol.asyncDispose](): Promise<void>
}

export type RunningAgent = { ended: Promise<AgentEnd>; stop(): Promise<AgentEnd>; log: string[] }

export async function openBench(nix: NixInstallation): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'firn-agent-test-'))
  writeFileSync(join(folder, 'nix.conf'), nixConf)
  mkdirSync(join(folder, 'secrets'))
  const server = new CiServer()
  await server.listen()
  const environment = { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: folder, NIX_CONF_DIR: folder }
  const config: AgentConfig = {
    apiBaseUrl: server.url,
    baseDirectory: folder,
    workDirectory: join(folder, 'work'),
    clusterJoinTokenPath: join(folder, 'secrets/cluster-join-token.key'),
    sessionTokenPath: join(folder, 'secretState/session.key'),
    binaryCachesPath: join(folder, 'secrets/binary-caches.json'),
    concurrentTasks: 2,
    logLevel: 'info',
    labels: {},
    evaluation: EvaluationSettings.parse({}),
    build: BuildSettings.parse({}),
    drainSeconds: 60,
    nixUserIsTrusted: false,
    remotePlatformsWithSameFeatures: [],
    environment,
  }
  writeFileSync(config.clusterJoinTokenPath, `${server.addJoinToken(randomUUID())}\n`)
  const stops: (() => Promise<AgentEnd>)[] = []
  return {
    nix,
    server,
    config,
    folder,
    environment,
    run: (options) => {
      const agent = start({ config, nix, timings: testTimings, ...options })
      stops.push(agent.stop)
      return agent
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(stops.map((stop) => stop()))
      await server[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function start(options: Omit<AgentOptions, 'signal' | 'log'> & { signal?: AbortSignal; log?: Log }): RunningAgent {
  const stop = new AbortController()
  const lines: string[] = []
  const log = openLog('debug', { write: (line: string) => void lines.push(line) })
  const ended = runAgent({ log, signal: stop.signal, ...options })
  return {
    log: lines,
    ended,
    stop: () => {
      stop.abort()
      return ended
    },
  }
}

/** Instantiates Nix text outside the agent. */
export function instantiate({ nix, environment }: Pick<Bench, 'nix' | 'environment'>, expression: string): string[] {
  const printed = execFileSync(join(nix.binDir, 'nix-instantiate'), ['--expr', expression], {
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return printed.toString().trim().split('\n')
}

/** A derivation of busybox's shell, as Nix text. */
export function shellDerivation(name: string, script: string, more = ''): string {
  return `derivation { name = "${name}"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" ${JSON.stringify(script)} ]; ${more} }`
}

/** A build of a derivation that nobody has built before. */
export function buildTask(bench: Bench, script = 'echo > $out'): BuildTask {
  const [derivationPath = ''] = instantiate(bench, shellDerivation(`built-${randomSalt()}`, script))
  return { id: randomUUID(), derivationPath, logToken: `log-${randomUUID()}`, inputDerivationOutputPaths: [] }
}

/** Files as a tarball with one folder on top, as the server makes it. */
export function tarball(files: Record<string, string>, top = 'repo'): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'firn-tarball-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, top, name, '..'), { recursive: true })
      writeFileSync(join(folder, top, name), text)
    }
    return execFileSync('tar', ['-cz', '-C', folder, top], { maxBuffer: 2 ** 30 })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const testRev = '0123456789abcdef0123456789abcdef01234567'

/** A task that evaluates files given by a tarball. */
export function evaluateTask(sourceUrl: string, selector: Selector = { tag: 'ConfigOrLegacy' }): EvaluateTask {
  const git = { rev: testRev, ref: 'refs/heads/main', sshURL: '', httpURL: 'http://127.0.0.1:1/repo.git', name: 'repo' }
  return {
    id: randomUUID(),
    primaryInput: '',
    otherInputs: { src: sourceUrl },
    inputMetadata: { src: { ref: git.ref, rev: git.rev, name: git.name } },
    inputs: { src: { tag: 'Git', contents: git } },
    autoArguments: {},
    nixPath: [],
    logToken: `log-${randomUUID()}`,
    selector,
    ciSystems: null,
    extraGitCredentials: null,
    isFlakeJob: false,
  }
}

export function onPush(name: string): Selector {
  return { tag: 'OnPush', contents: { name, inputs: {} } }
}
