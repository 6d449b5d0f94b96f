import { isAbsolute, resolve } from 'node:path'
import type { LogBound } from '@firn/core/log/bound'
import { z } from 'zod'

const flag = z.stringbool('must be true or false')

/** Every option of the server: the environment variable, what it means, what it is by default. */
const options = {
  STATE: {
    about: 'Folder of everything the server keeps outside the database: repositories, logs, the managed database.',
    schema: z
      .string()
      .default('./state')
      .transform((path) => resolve(path)),
  },
  HOST: {
    about: 'Address to listen on. On a loopback address, visitors of this machine may look without signing in.',
    schema: z.string().default('127.0.0.1'),
  },
  PORT: {
    about: 'Port to listen on; 0 takes a free one.',
    schema: z.coerce.number('must be a number').int().min(0).max(65535).default(8080),
  },
  PUBLIC_URL: {
    about:
      'Where browsers, agents and Git reach the server, without a slash at the end. Default: http://HOST:PORT, with the name of this machine where HOST is a wildcard.',
    schema: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .refine((url) => !url.endsWith('/'), 'must not end with a slash')
      .optional(),
  },
  DATABASE_URL: {
    about:
      'A postgres:// URL of a database of PostgreSQL 15 or newer. Default: a server of our own in the state folder.',
    schema: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }).optional(),
  },
  BLOBS: {
    about: 'Folder of large logs; servers that share a database share it too. Default: blobs in the state folder.',
    schema: z
      .string()
      .transform((path) => resolve(path))
      .optional(),
  },
  LOCAL_FORGE: {
    about:
      'Whether this server takes pushes into repositories of its own (true, false). They are in its state folder, so of several servers with one database none does. Default: true, but false where DATABASE_URL names another host.',
    schema: flag.optional(),
  },
  PRIVATE_FORGES: {
    about:
      'Whether repositories may be added that are on this machine or in a private network (true, false). Whoever may add repositories could have the server ask hosts there.',
    schema: flag.default(false),
  },
  MIRRORS_MAX: {
    about:
      'GiB that copies of repositories elsewhere may take in the state folder; those not used for longest go first. No single file of one may be larger.',
    schema: z.coerce.number('must be a number').min(0.01).default(20),
  },
  WEB: {
    about: 'Folder of the built dashboard.',
    schema: z
      .string()
      .default(resolve(import.meta.dirname, '../../web/dist'))
      .refine(isAbsolute, 'must be an absolute path'),
  },
  AGENT_LOST_AFTER: {
    about: 'Seconds without a word from an agent until its tasks are given to others. Agents need up to 70 to return.',
    schema: z.coerce.number('must be a number').min(1).default(180),
  },
  LOG_LINES_MAX: {
    about: 'Lines kept of one task’s log, half of them from its beginning, half from its end.',
    schema: z.coerce.number('must be a number').int().min(2).default(2_000_000),
  },
  LOG_MIB_MAX: {
    about: 'MiB of text kept of one task’s log, in the same halves.',
    schema: z.coerce.number('must be a number').min(1).default(256),
  },
  DRAIN: {
    about:
      'Seconds that requests under way may take when the server is told to end; agents are sent elsewhere at once.',
    schema: z.coerce.number('must be a number').min(0).default(10),
  },
  METRICS_TOKEN: {
    about: 'Bearer token with which /metrics can be read without signing in. Default: none, and only readers may.',
    schema: z.string().min(16, 'must have at least 16 characters').optional(),
  },
  METRICS_PROJECTS: {
    about: 'Whether /metrics names projects: true or false.',
    schema: flag.default(false),
  },
  LOG_LEVEL: {
    about: 'Least severity that is logged: debug, info, warn, error or silent.',
    schema: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  },
} as const

const prefix = 'FIRN_'
/** These are known by their own names to everybody. */
const unprefixed = new Set(['DATABASE_URL'])

export const variableName = (option: string) => (unprefixed.has(option) ? option : `${prefix}${option}`)

export type Config = {
  stateFolder: string
  host: string
  port: number
  publicUrl: string | undefined
  databaseUrl: string | undefined
  blobFolder: string
  hasLocalForge: boolean
  privateForges: boolean
  mirrorBytesMax: number
  webFolder: string
  agentLostAfterS: number
  /** The most that is kept of one task's log. */
  logBound: LogBound
  drainMs: number
  metricsToken: string | undefined
  metricsProjects: boolean
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** `PATH`, for the programs that the server starts. */
  searchPath: string
}

/** Reads the environment; either everything is in order or every problem is told. */
export function readConfig(env: Record<string, string | undefined>): { config: Config } | { problems: string[] } {
  const problems = unknownVariables(env)
  const read = <Name extends keyof typeof options>(
    name: Name,
  ): z.output<(typeof options)[Name]['schema']> | undefined => {
    const raw = env[variableName(name)]
    const parsed = options[name].schema.safeParse(raw === '' ? undefined : raw)
    if (parsed.success) return parsed.data as z.output<(typeof options)[Name]['schema']>
    problems.push(`${variableName(name)}: ${parsed.error.issues.map((issue) => issue.message).join(', ')}`)
    return undefined
  }
  const stateFolder = read('STATE') ?? ''
  const databaseUrl = read('DATABASE_URL')
  const config = {
    stateFolder,
    host: read('HOST') ?? '',
    port: read('PORT') ?? 0,
    publicUrl: read('PUBLIC_URL'),
    databaseUrl,
    blobFolder: read('BLOBS') ?? resolve(stateFolder, 'blobs'),
    hasLocalForge: read('LOCAL_FORGE') ?? !isElsewhere(databaseUrl),
    privateForges: read('PRIVATE_FORGES') ?? false,
    mirrorBytesMax: (read('MIRRORS_MAX') ?? 0) * 1024 ** 3,
    webFolder: read('WEB') ?? '',
    agentLostAfterS: read('AGENT_LOST_AFTER') ?? 0,
    logBound: { lines: read('LOG_LINES_MAX') ?? 0, chars: (read('LOG_MIB_MAX') ?? 0) * 1024 * 1024 },
    drainMs: (read('DRAIN') ?? 0) * 1000,
    metricsToken: read('METRICS_TOKEN'),
    metricsProjects: read('METRICS_PROJECTS') ?? false,
    logLevel: read('LOG_LEVEL') ?? 'info',
    searchPath: env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
  }
  return problems.length > 0 ? { problems } : { config }
}

/** Read by the command line and by tests. */
const ofOthers = ['FIRN_URL', 'FIRN_TOKEN', 'FIRN_TEST_NIX', 'FIRN_TEST_POSTGRES', 'FIRN_TEST_WEB_DIST']

/** Whether a database is on another host, where other servers may use it too. A socket folder stands in the query. */
function isElsewhere(databaseUrl: string | undefined): boolean {
  if (databaseUrl === undefined) return false
  const url = new URL(databaseUrl)
  const host = url.searchParams.get('host') ?? url.hostname
  return !(host === '' || host.startsWith('/') || host === 'localhost' || host === '[::1]' || /^127\./.test(host))
}

/** A misspelt option would be silent otherwise. */
function unknownVariables(env: Record<string, string | undefined>): string[] {
  const known = new Set([...Object.keys(options).map(variableName), ...ofOthers])
  return Object.keys(env)
    .filter((name) => name.startsWith(prefix) && !known.has(name))
    .map((name) => `${name}: there is no such option`)
}

/** The options as a table for `firn server --help`. */
export function describeOptions(): string {
  return Object.entries(options)
    .map(([name, { about, schema }]) => {
      const parsed = schema.safeParse(undefined)
      const fallback = parsed.success && parsed.data !== undefined ? `  (default: ${parsed.data})` : ''
      return `  ${variableName(name)}\n      ${about}${fallback}`
    })
    .join('\n')
}
