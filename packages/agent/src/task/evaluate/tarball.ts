/** A source that comes as a tarball (hercules-ci.md 1.2.1–1.2.3). The sender is not trusted: see `checkTree`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, opendir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { type Backoff, retry, type Try } from '@firn/base/backoff'
import { passes, whyFailed } from '../../report/http.ts'

export type TarballOptions = {
  url: string
  /** an empty folder of the task's own */
  folder: string
  /** of the checkout's folder, if it can be one */
  name: string | undefined
  /** unpacked, in bytes */
  maxBytes: number
  backoff: Backoff
  signal: AbortSignal
  environment: Record<string, string>
}

export type Fetched = { ok: true; checkout: string } | { ok: false; reason: string }

/** Names that can be a store path's, so that the checkout is called what the repository is called. */
const validName = /^(?!\.)[A-Za-z0-9+\-._?=]{1,211}$/

/** The checkout is `<folder>/<name>`, or `<folder>/source`. The URL holds a secret and stands in no message. */
export async function fetchTarball(options: TarballOptions): Promise<Fetched> {
  const unpacked = join(options.folder, '.unpacked')
  const { name, backoff, signal } = options
  let left = unpackTries
  const attempt = async (): Promise<Try<{ problem: string | undefined }>> => {
    const unpacking = await tryToUnpack(options, unpacked)
    if ('away' in unpacking) return { again: unpacking.away }
    return 'broken' in unpacking && --left > 0 ? { again: unpacking.broken } : { done: outcome(unpacking) }
  }
  const tried = await retry({ backoff, signal, attempt })
  const problem = tried.ok ? tried.value.problem : tried.reason
  if (problem !== undefined) return { ok: false, reason: `Extracting tarball: ${problem}` }
  const entries = await readdir(unpacked, { withFileTypes: true })
  const [top] = entries
  if (top === undefined || entries.length > 1 || !top.isDirectory()) {
    return { ok: false, reason: 'Extracting tarball: it must hold exactly one folder' }
  }
  const checkout = join(options.folder, name !== undefined && validName.test(name) ? name : 'source')
  await rename(join(unpacked, top.name), checkout)
  await rm(unpacked, { recursive: true })
  return { ok: true, checkout }
}

/** `away`: nothing came, the server may return. `broken`: what came could not be unpacked. `refused`: it must not be. */
type Unpacking = { away: string } | { broken: string } | { refused: string } | { unpacked: true }

/** hercules-ci.md 1.2.3 */
const unpackTries = 4

function outcome(unpacking: Exclude<Unpacking, { away: string }>): { problem: string | undefined } {
  if ('broken' in unpacking) return { problem: unpacking.broken }
  return { problem: 'refused' in unpacking ? unpacking.refused : undefined }
}

async function tryToUnpack(options: TarballOptions, into: string): Promise<Unpacking> {
  await rm(into, { recursive: true, force: true })
  await mkdir(into, { recursive: true, mode: 0o700 })
  const response = await fetch(options.url, { signal: options.signal }).catch((error: unknown) => whyFailed(error))
  if (typeof response === 'string') return { away: response }
  if (!response.ok || response.body === null) {
    const answer = `the server answers ${response.status}`
    return passes(response.status) ? { away: answer } : { refused: answer }
  }
  try {
    await unpack(Readable.fromWeb(response.body), options, into)
    const foreign = await checkTree(into)
    return foreign === undefined ? { unpacked: true } : { refused: foreign }
  } catch (error) {
    return error instanceof TooLarge ? { refused: error.message } : { broken: whyFailed(error) }
  }
}

class TooLarge extends Error {}

async function unpack(body: Readable, options: TarballOptions, into: string): Promise<void> {
  // GNU tar drops a leading slash, refuses `..`, and makes links that lead outside only at the end.
  const tar = spawn('tar', ['-x', '--no-same-owner', '--no-same-permissions', '-C', into], {
    env: options.environment,
    stdio: ['pipe', 'ignore', 'pipe'],
    signal: options.signal,
  })
  let words = ''
  tar.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-1000)
  })
  const exited = once(tar, 'close')
  const fed = pipeline(body, createGunzip(), limited(options.maxBytes), tar.stdin).catch(
    (error: NodeJS.ErrnoException) => {
      tar.stdin.destroy()
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') return error
      return undefined // tar itself says what is wrong
    },
  )
  const [code] = await exited
  const failure = await fed
  if (failure !== undefined) throw failure
  if (code !== 0) throw new Error(words.trim() || `tar ended with ${code}`)
}

function limited(maxBytes: number): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > maxBytes) done(new TooLarge(`the source is larger than ${Math.round(maxBytes / 1024 ** 2)} MB`))
      else done(null, chunk)
    },
  })
}

/** Nothing but files, folders and links: no devices, pipes or sockets. The first that is something else. */
async function checkTree(folder: string): Promise<string | undefined> {
  for await (const entry of await opendir(folder, { recursive: true })) {
    if (!entry.isFile() && !entry.isDirectory() && !entry.isSymbolicLink())
      return `${entry.name} is neither file, folder nor link`
  }
  return undefined
}
