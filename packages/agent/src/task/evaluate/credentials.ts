/**
 * Logins that a server hands to a task, for the fetchers inside the evaluator (hercules-ci.md 1.12.8).
 *
 * They are in files without a name, which the evaluator inherits as open descriptors: fetchers read them again through
 * `/proc/self/fd`, while an expression has no path to them, whatever holes restricted mode has. They stand on no command
 * line and in no environment, and are gone with the agent even when it is killed.
 */
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GitCredential } from '@firn/contract/agent/task'
import { inheritedFile } from '@firn/nix/evaluator/options'

export type Credentials = {
  /** to be inherited by the evaluator, in this order */
  files: number[]
  /** nix.conf settings that name them */
  settings: Record<string, string>
  /** settings of Git that name them */
  git: [key: string, value: string][]
  [Symbol.asyncDispose](): Promise<void>
}

/** Only those of https URLs: evaluation fetches from nothing else that takes a password. */
export async function openCredentials(given: readonly GitCredential[]): Promise<Credentials> {
  const logins = given.flatMap(loginOf)
  if (logins.length === 0) return { files: [], settings: {}, git: [], [Symbol.asyncDispose]: async () => {} }
  const netrc = await namelessFile(logins.map(netrcEntry).join(''))
  const store = await namelessFile(logins.map(storeLine).join(''))
  // The helper is asked to keep and to forget logins too, which it cannot do here.
  const helper = `!f() { [ "$1" != get ] || git credential-store --file=${inheritedFile(1)} get; }; f`
  return {
    files: [netrc.fd, store.fd],
    settings: { 'netrc-file': inheritedFile(0) },
    git: [['credential.helper', helper]],
    [Symbol.asyncDispose]: async () => {
      await netrc.close()
      await store.close()
    },
  }
}

/** `host` is with its port, `hostname` without. */
type Login = { host: string; hostname: string; username: string; password: string }

/** What holds control characters could pass for a line of its own and is left out. */
function loginOf({ url, username, password }: GitCredential): Login[] {
  if (!URL.canParse(url) || /\p{Cc}/u.test(username + password)) return []
  const { protocol, host, hostname } = new URL(url)
  if (protocol !== 'https:' || hostname === '') return []
  return [{ host, hostname: hostname.replace(/^\[(.*)\]$/, '$1'), username, password }]
}

/** The form of a netrc file, which knows no ports. */
function netrcEntry({ hostname, username, password }: Login): string {
  return `machine ${hostname}\nlogin ${netrcWord(username)}\npassword ${netrcWord(password)}\n`
}

function netrcWord(text: string): string {
  return /^[^\s"\\#]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** The form of git-credential-store. */
function storeLine({ host, username, password }: Login): string {
  return `https://${encodeURIComponent(username)}:${encodeURIComponent(password)}@${host}\n`
}

/** A file that can be read through the descriptor only. */
async function namelessFile(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'firn-credentials-'))
  try {
    const file = join(folder, 'file')
    await using writing = await open(file, 'wx', 0o400)
    await writing.writeFile(text)
    return await open(file, 'r')
  } finally {
    await rm(folder, { recursive: true })
  }
}
