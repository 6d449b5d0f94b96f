/**
 * Logins for private inputs, from a file that the user names. Nothing else of the user's is used: what is evaluated may be
 * anybody's, and it decides what is fetched.
 */
import { readFile } from 'node:fs/promises'
import { stripVTControlCharacters } from 'node:util'
import type { TaskLog } from '@firn/agent/report/task-log'
import type { GitCredential } from '@firn/contract/agent/task'

/**
 * A netrc file, or one of git-credential-store, which tells ports apart. A netrc's login for all other hosts is left out:
 * the repository could name a host of its own.
 * @throws with a sentence for the user
 */
export async function readCredentials(path: string): Promise<GitCredential[]> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new Error(`--credentials ${path} cannot be read: ${error.message}.`)
  })
  const credentials = /^\s*https?:\/\//.test(text) ? parseStore(text) : parseNetrc(text)
  const usable = credentials?.filter(({ url }) => url.startsWith('https://'))
  if (usable === undefined || usable.length === 0)
    throw new Error(
      `--credentials ${path} has no login for an https host: it is to be a netrc or git-credentials file.`,
    )
  return usable
}

/** git-credential-store(1): a URL with its login a line. */
function parseStore(text: string): GitCredential[] {
  return text.split('\n').flatMap((line) => {
    const url = URL.parse(line.trim())
    if (url === null || url.username === '') return []
    const { protocol, host, username, password } = url
    return [
      { url: `${protocol}//${host}`, username: decodeURIComponent(username), password: decodeURIComponent(password) },
    ]
  })
}

type Entry = { machine?: string; login?: string; password?: string; account?: string }

/** Undefined where it is none. */
function parseNetrc(text: string): GitCredential[] | undefined {
  const entries: Entry[] = []
  const words = netrcWords(text)
  for (let word = words.next(); !word.done; word = words.next()) {
    if (word.value === 'machine') entries.push({ machine: words.next().value ?? '' })
    else if (word.value === 'default') entries.push({})
    else if (word.value === 'login' || word.value === 'password' || word.value === 'account') {
      const entry = entries.at(-1)
      if (entry !== undefined) entry[word.value] = words.next().value ?? ''
    } else return undefined
  }
  return entries.flatMap(({ machine, login = '', password = '' }) =>
    machine === undefined ? [] : [{ url: `https://${machine}`, username: login, password }],
  )
}

/** Without comments and macros; in quotes a backslash stands before quotes and backslashes. */
function* netrcWords(text: string): Generator<string, undefined> {
  const plain = text.replace(/^[ \t]*(?:#.*|macdef\b(?:.*\n)*?(?=\n|$(?![\s\S])))/gm, '')
  for (const [, quoted, word = ''] of plain.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g))
    yield quoted === undefined ? word : quoted.replace(/\\(.)/g, '$1')
}

/** What Git, ssh and downloads say where a login is wanted; a forge hides what is private by 404. */
const refusal =
  /HTTP error 40[134]|returned error: 40[134]|terminal prompts disabled|could not read Username|Authentication failed|Permission denied \(publickey|Host key verification failed/

/** Looks in what an evaluation says for inputs that were refused to it. */
export class Refusals {
  #any = false

  look(text: string): void {
    this.#any ||= refusal.test(stripVTControlCharacters(text))
  }

  /** The same log, looked through. */
  in(log: TaskLog): TaskLog {
    return (entry) => {
      if (entry.tag === 'Msg') this.look(entry.msg)
      return log(entry)
    }
  }

  /** What to do about it. */
  advice(given: readonly GitCredential[]): string | undefined {
    if (!this.#any) return undefined
    return given.length === 0
      ? 'An input could not be fetched without a login. If it is private, name a netrc or git-credentials file with --credentials FILE: no other login of yours is used here, and no ssh key.'
      : 'An input could not be fetched: the file of --credentials has no login for its host, or not the right one; ssh keys are not used here.'
  }
}
