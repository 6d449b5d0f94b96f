/** Reads `agent.toml` or `agent.json` into what the agent works with: every path resolved, every default filled in. */
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { AgentConfigFile, logLevels } from '@firn/contract/files/agent-config'
import { parse as parseToml } from 'smol-toml'
import type { z } from 'zod'

export type AgentConfig = {
  /** no slash at its end */
  apiBaseUrl: string
  baseDirectory: string
  workDirectory: string
  clusterJoinTokenPath: string
  /** `<baseDirectory>/secretState/session.key` (hercules-ci.md 4.2.1) */
  sessionTokenPath: string
  /** of a file that may be missing: then there are no caches */
  binaryCachesPath: string
  concurrentTasks: number
  logLevel: (typeof logLevels)[keyof typeof logLevels]
  labels: AgentConfigFile['labels']
  evaluation: AgentConfigFile['evaluation']
  build: AgentConfigFile['build']
  drainSeconds: number
  /** hercules-ci.md 4.1.2 */
  nixUserIsTrusted: boolean
  /** hercules-ci.md 4.1.2, 4.3.7 */
  remotePlatformsWithSameFeatures: readonly string[]
  /** the variables that the programs the agent starts (Nix, Git, tar) are given */
  environment: Record<string, string>
}

export type ConfigRead = { ok: true; config: AgentConfig } | { ok: false; problems: string[] }

type Environment = Record<string, string | undefined>

/**
 * Refused with all problems at once, each naming file and key. `env` is the process's environment: it gives the default
 * of `apiBaseUrl` (hercules-ci.md 4.1.2) and what the programs that the agent starts inherit.
 */
export async function readAgentConfig(file: string, env: Environment): Promise<ConfigRead> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => ({ problem: whyUnreadable(error) }))
  if (typeof text !== 'string') return refused([`${file}: ${text.problem}`])
  const parsed = parseText(file, text)
  if ('problem' in parsed) return refused([`${file}: ${parsed.problem}`])
  const result = AgentConfigFile.safeParse(withoutNulls(parsed.value))
  if (!result.success) return refused(result.error.issues.flatMap((issue) => describeIssue(file, issue)))
  const apiBaseUrl = result.data.apiBaseUrl ?? apiBaseUrlOf(env)
  if (!/^https?:\/\/./.test(apiBaseUrl)) {
    return refused([
      `${file}: apiBaseUrl is not set, and ${JSON.stringify(apiBaseUrl)} from the environment is not an http or https URL`,
    ])
  }
  return { ok: true, config: resolve(result.data, apiBaseUrl, env) }
}

function refused(problems: string[]): ConfigRead {
  return { ok: false, problems }
}

function whyUnreadable(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such file'
  if (error.code === 'EACCES') return 'this user may not read it'
  if (error.code === 'EISDIR') return 'it is a folder, not a file'
  return `it cannot be read: ${error.message}`
}

function parseText(file: string, text: string): { value: unknown } | { problem: string } {
  const json = file.endsWith('.json')
  try {
    return { value: json ? JSON.parse(text) : parseToml(text) }
  } catch (error) {
    return { problem: `not ${json ? 'JSON' : 'TOML'}: ${error instanceof Error ? error.message : String(error)}` }
  }
}

const ownSections = new Set(['evaluation', 'build'])

/** In JSON null counts as unset (hercules-ci.md 4.1.3), in our own sections too. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).filter(([, entry]) => entry !== null)
  return Object.fromEntries(entries.map(([key, entry]) => [key, ownSections.has(key) ? withoutNulls(entry) : entry]))
}

function describeIssue(file: string, issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${file}: ${[...issue.path, key].join('.')}: the agent has no such setting`)
  if (issue.path.length === 0) return [`${file}: ${issue.message}`]
  const key = issue.path.join('.')
  return [issue.message.includes(key) ? `${file}: ${issue.message}` : `${file}: ${key}: ${issue.message}`]
}

/** hercules-ci.md 4.1.2 */
function apiBaseUrlOf(env: Environment): string {
  return env.HERCULES_CI_API_BASE_URL || env.HERCULES_API_BASE_URL || 'https://hercules-ci.com'
}

function resolve(file: AgentConfigFile, apiBaseUrl: string, env: Environment): AgentConfig {
  const { baseDirectory, labels, evaluation, build, drainSeconds } = file
  const staticSecretsDirectory = file.staticSecretsDirectory ?? join(baseDirectory, 'secrets')
  return {
    apiBaseUrl: apiBaseUrl.replace(/\/+$/, ''),
    baseDirectory,
    workDirectory: file.workDirectory ?? join(baseDirectory, 'work'),
    clusterJoinTokenPath: file.clusterJoinTokenPath ?? join(staticSecretsDirectory, 'cluster-join-token.key'),
    sessionTokenPath: join(baseDirectory, 'secretState', 'session.key'),
    binaryCachesPath: file.binaryCachesPath ?? join(staticSecretsDirectory, 'binary-caches.json'),
    concurrentTasks: file.concurrentTasks === 'auto' ? Math.max(2, availableParallelism()) : file.concurrentTasks,
    logLevel: logLevels[file.logLevel],
    labels,
    evaluation,
    build,
    drainSeconds,
    nixUserIsTrusted: file.nixUserIsTrusted,
    remotePlatformsWithSameFeatures: file.remotePlatformsWithSameFeatures,
    environment: agentEnvironment(env),
  }
}

/** What of its own environment an agent passes on to the programs it starts. */
export function agentEnvironment(env: Environment): Record<string, string> {
  return Object.fromEntries(inherited.flatMap((name) => entryOf(name, env[name])))
}

function entryOf(name: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[name, value]]
}

/** What Nix, Git and their fetchers need to know of the machine. Nothing else of the agent's environment is passed on. */
const inherited = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'TMPDIR',
  'NIX_CONF_DIR',
  'NIX_CONFIG',
  'NIX_USER_CONF_FILES',
  'NIX_REMOTE',
  'NIX_SSL_CERT_FILE',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'SSH_AUTH_SOCK',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
]
