import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A repository elsewhere, with all that is needed to read it. */
export type Remote = {
  projectId: string
  url: string
  username: string | null
  /** A password or token; for ssh a private key. */
  password: string | null
  /** In known_hosts form; null: whatever key the host shows is remembered. */
  hostKeys: string | null
}

export type Login = AsyncDisposable & {
  config: [key: string, value: string][]
  env: Record<string, string>
  /** The keys of the host, now that it was spoken to. */
  hostKeys(): Promise<string | null>
}

/**
 * How Git signs in: over http(s) by its environment, which no other user can read and which is nowhere on disk; over ssh by a
 * key in a folder of its own for as long as it is needed.
 * @param addresses the only ones that may be spoken to
 */
export async function openLogin(remote: Remote, addresses: string[] | undefined): Promise<Login> {
  return remote.url.startsWith('ssh:') ? openSsh(remote, addresses) : openHttp(remote, addresses)
}

/** Git asks only when the host does (401), and only the repository's own host is answered. */
const helper = `!f() { [ "$1" != get ] || printf 'username=%s\\npassword=%s\\n' "$FIRN_USERNAME" "$FIRN_PASSWORD"; }; f`

function openHttp({ url, username, password }: Remote, addresses: string[] | undefined): Login {
  const { protocol, hostname, port, origin } = new URL(url)
  const pin = `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}:${addresses?.map(bracketed).join(',')}`
  return {
    config: [
      // A redirection could lead into a network that the address itself may not name.
      ['http.followRedirects', 'false'],
      ['http.lowSpeedLimit', '1000'],
      ['http.lowSpeedTime', '60'],
      ...(addresses === undefined ? [] : [['http.curloptResolve', pin] satisfies [string, string]]),
      ...(password === null ? [] : [[`credential.${origin}.helper`, helper] satisfies [string, string]]),
    ],
    env: password === null ? {} : { FIRN_USERNAME: username ?? 'git', FIRN_PASSWORD: password },
    hostKeys: async () => null,
    [Symbol.asyncDispose]: async () => {},
  }
}

async function openSsh({ url, password, hostKeys }: Remote, addresses: string[] | undefined): Promise<Login> {
  const folder = await mkdtemp(join(tmpdir(), 'firn-ssh-'))
  const [keyFile, knownHosts] = [join(folder, 'key'), join(folder, 'known_hosts')]
  if (password !== null) await writeFile(keyFile, `${password.trim()}\n`, { mode: 0o600 })
  await writeFile(knownHosts, hostKeys ?? '', { mode: 0o600 })
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')
  const options = {
    BatchMode: 'yes',
    ConnectTimeout: '30',
    IdentitiesOnly: 'yes',
    IdentityFile: password === null ? 'none' : keyFile,
    IdentityAgent: 'none',
    UserKnownHostsFile: knownHosts,
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: hostKeys === null ? 'accept-new' : 'yes',
    HostKeyAlias: host,
    HashKnownHosts: 'no',
    ClearAllForwardings: 'yes',
    ...(addresses?.[0] === undefined ? {} : { HostName: addresses[0] }),
  }
  const words = Object.entries(options).map(([name, value]) => `-o ${quoted(`${name}=${value}`)}`)
  return {
    config: [],
    env: { GIT_SSH_COMMAND: ['ssh -F /dev/null', ...words].join(' ') },
    hostKeys: async () => (await readFile(knownHosts, 'utf8')) || null,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** One word of a shell's, which is what Git has `GIT_SSH_COMMAND` read by. */
const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`

const bracketed = (address: string) => (address.includes(':') ? `[${address}]` : address)
