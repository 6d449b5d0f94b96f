/** How an evaluator is started: program, settings, environment and sandbox. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Limits } from './limits.ts'
import type { EvaluationOptions } from './options.ts'
import { type SandboxParts, sandboxCommand } from './sandbox.ts'
import type { Asked, WorkerOptions } from './worker.ts'

/** Nix reserves address space that it does not use; a process that really needs this much is far beyond its limit. */
const addressSpaceReserve = 2 * 1024 ** 3

const programs = {
  often: ['nix', 'repl'],
  once: ['nix-instantiate', '--eval', '--read-write-mode', '-'],
} as const

type Own = {
  /** the proxy's socket and the files of questions are in it */
  folder: string
  limits: Limits
}

export function workerOptions(asked: Asked, options: EvaluationOptions, own: Own): WorkerOptions {
  const { nix, sandbox } = options
  const { folder, limits } = own
  const env = environment(options, folder)
  const parts: SandboxParts = { binDir: nix.binDir, own: [folder], env }
  return {
    asked,
    program: options.program,
    questionDir: options.settings['pure-eval'] === 'true' ? undefined : folder,
    attributeMs: limits.attributeMs,
    workerBytes: limits.workerBytes,
    command: {
      nix,
      argv: [...programs[asked], ...lookupPath([...(sandbox?.sources ?? []), folder])],
      env,
      files: options.files ?? [],
      wrapper: sandbox ? sandboxCommand(sandbox, parts) : [],
      maxCpuSeconds: Math.ceil((limits.evaluationMs / 1000) * limits.cores),
      maxAddressSpace: limits.workerBytes * 2 + addressSpaceReserve,
      maxLineBytes: limits.messageBytes,
    },
  }
}

/** Permits the folders in restricted mode under words that nobody can guess, so that `<nixpkgs>` finds nothing in them. */
function lookupPath(folders: string[]): string[] {
  return folders.flatMap((folder) => ['-I', `${randomBytes(12).toString('hex')}=${folder}`])
}

function environment(options: EvaluationOptions, folder: string): Record<string, string> {
  return {
    HOME: join(folder, 'home'),
    ...options.environment,
    NIX_REMOTE: `unix://${join(folder, 'store.sock')}`,
    NIX_CONF_DIR: join(folder, 'no-conf'),
    NIX_USER_CONF_FILES: '',
    NIX_PATH: '',
    NIX_CONFIG: configText(settingsOf(options)),
    TERM: 'dumb',
  }
}

function settingsOf(options: EvaluationOptions): Record<string, string> {
  const features = new Set([
    'nix-command',
    ...(options.settings['experimental-features'] ?? '').split(' ').filter(Boolean),
  ])
  return {
    'build-users-group': '',
    substituters: '',
    'show-trace': String(options.nix.features.cheapTraces),
    'warn-dirty': 'false',
    ...(options.sandbox && { 'restrict-eval': 'true' }),
    ...options.settings,
    'experimental-features': [...features].join(' '),
    'allow-import-from-derivation': String(options.importFromDerivation ?? true),
  }
}

/** A value with a newline would begin a setting of its own. */
function configText(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value.replaceAll('\n', ' ')}`)
    .join('\n')
}
