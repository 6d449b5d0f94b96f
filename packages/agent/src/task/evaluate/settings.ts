/** What an evaluator may do and see (hercules-ci.md 1.12). */
import { dirname } from 'node:path'
import type { EvaluationOptions } from '@firn/nix/evaluator/options'
import type { Source } from './source.ts'

/** hercules-ci.md 1.12.2; the clones are the agent's own. */
const allowedUris = ['ssh://', 'https://', 'git+ssh://', 'git+https://', 'github:', 'gitlab:', 'sourcehut:']

/** Memory-backed: what fetchers keep while they work. */
const defaultScratchBytes = 4 * 1024 ** 3

export function evaluatorSettings(source: Source, system: string | undefined): Record<string, string> {
  // A prefix counts up to a slash only; the sandbox shows nothing of the folder but the clones.
  const folders = new Set(clonesOf(source).map((dir) => `${dirname(dir)}/`))
  const clones = [...folders].flatMap((folder) => [`git+file://${folder}`, `file://${folder}`, `path:${folder}`])
  return {
    'restrict-eval': 'true',
    'allowed-uris': [...allowedUris, ...clones].join(' '),
    'experimental-features': 'nix-command flakes',
    'flake-registry': '',
    'accept-flake-config': 'false',
    ...(system !== undefined && { system }),
  }
}

export function evaluatorSandbox(
  source: Source,
  { environment, scratchBytes = defaultScratchBytes }: { environment: Record<string, string>; scratchBytes?: number },
): EvaluationOptions['sandbox'] {
  const certificates = ['NIX_SSL_CERT_FILE', 'SSL_CERT_FILE', 'SSL_CERT_DIR'].flatMap((name) => environment[name] ?? [])
  return { sources: [source.checkout, ...clonesOf(source)], network: true, scratchBytes, readable: certificates }
}

function clonesOf(source: Source): string[] {
  const inputs = Object.values(source.inputs).map(({ dir }) => dir)
  return source.flake === undefined ? inputs : [source.checkout, ...inputs]
}

const passedOn = [
  'PATH',
  'LANG',
  'NIX_SSL_CERT_FILE',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'http_proxy',
  'https_proxy',
  'no_proxy',
]

/** hercules-ci.md 1.12.5–1.12.6; the sandbox has another user than the owner of the clones. */
export function evaluatorEnvironment(environment: Record<string, string>): Record<string, string> {
  const git = [
    ['protocol.allow', 'never'],
    ['protocol.https.allow', 'always'],
    ['protocol.ssh.allow', 'always'],
    ['protocol.file.allow', 'always'],
    ['safe.directory', '*'],
  ]
  const entries = git.flatMap(([key = '', value = ''], i) => [
    [`GIT_CONFIG_KEY_${i}`, key],
    [`GIT_CONFIG_VALUE_${i}`, value],
  ])
  const kept = passedOn.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]]))
  return Object.fromEntries([
    ...kept,
    ['GIT_CONFIG_COUNT', String(git.length)],
    ['GIT_TERMINAL_PROMPT', '0'],
    ...entries,
  ])
}
