/** What an evaluator may do and see (hercules-ci.md 1.12). */
import type { EvaluationOptions } from '@firn/nix/evaluator/options'
import type { Source } from './source.ts'

/** hercules-ci.md 1.12.2; the clones are the agent's own. */
const allowedUris = ['ssh://', 'https://', 'git+ssh://', 'git+https://', 'github:', 'gitlab:', 'sourcehut:']

/** Memory-backed: what fetchers keep while they work. */
const defaultScratchBytes = 4 * 1024 ** 3

export function evaluatorSettings(source: Source, system: string | undefined): Record<string, string> {
  const clones = [source.flake ?? [], ...Object.values(source.inputs).map(({ url }) => url)].flat()
  return {
    'restrict-eval': 'true',
    'allowed-uris': [...allowedUris, ...clones.flatMap(spellings)].join(' '),
    'experimental-features': 'nix-command flakes',
    'flake-registry': '',
    'accept-flake-config': 'false',
    ...(system !== undefined && { system }),
  }
}

/**
 * A reference as Nix spells it when it checks it. Exact ones only: what is allowed as the beginning of others, such as
 * `file:///clones/`, would allow `file:///clones/../../proc/self/environ` too.
 */
function spellings(url: string): string[] {
  return [url, url.replace('?', '?exportIgnore=1&')]
}

export function evaluatorSandbox(
  source: Source,
  { environment, scratchBytes = defaultScratchBytes }: { environment: Record<string, string>; scratchBytes?: number },
): EvaluationOptions['sandbox'] {
  const certificates = ['NIX_SSL_CERT_FILE', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO'].flatMap(
    (name) => environment[name] ?? [],
  )
  const submodules = source.submodules === undefined ? [] : [source.submodules.folder]
  const readable = [...certificates, ...submodules]
  return { sources: [source.checkout, ...clonesOf(source)], network: true, scratchBytes, readable }
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

/**
 * hercules-ci.md 1.12.5–1.12.6; the sandbox has another user than the owner of the clones. `more` are further settings of
 * Git.
 */
export function evaluatorEnvironment(
  environment: Record<string, string>,
  more: readonly [key: string, value: string][] = [],
): Record<string, string> {
  const certificates = environment.GIT_SSL_CAINFO ?? environment.NIX_SSL_CERT_FILE ?? environment.SSL_CERT_FILE
  const git = [
    ['protocol.allow', 'never'],
    ['protocol.https.allow', 'always'],
    ['protocol.ssh.allow', 'always'],
    ['protocol.file.allow', 'always'],
    ['safe.directory', '*'],
    ...(certificates === undefined ? [] : [['http.sslCAInfo', certificates]]),
    ...more,
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
