/** Reads `binary-caches.json` (hercules-ci.md 4.2.4–4.2.6): where what is built is pushed to, and fetched from. */
import { readFile } from 'node:fs/promises'
import { BinaryCachesFile, CachixCache, NixCache } from '@firn/contract/files/binary-caches'
import { z } from 'zod'

export type Cache = Pick<NixCache, 'storeURI' | 'signingKeys' | 'publicKeys'> & { name: string }

export type CachesRead = { ok: true; caches: Cache[]; warnings: string[] } | { ok: false; reason: string }

/** Refused with a sentence that names the file. Without a file there are no caches, which suits a single machine. */
export async function readCaches(file: string): Promise<CachesRead> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return { ok: true, caches: [], warnings: [] }
    return refused(file, `it cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  return parseCaches(file, text)
}

function parseCaches(file: string, text: string): CachesRead {
  const json = parseJson(text)
  if (json === undefined) return refused(file, 'it is not JSON')
  if (typeof json === 'object' && json !== null && 'apiVersion' in json)
    return refused(file, 'it has an apiVersion: this form of the file is not known; name each cache at the top')
  const parsed = BinaryCachesFile.safeParse(json)
  if (!parsed.success) return refused(file, z.prettifyError(parsed.error))
  const caches: Cache[] = []
  const warnings: string[] = []
  for (const [name, entry] of Object.entries(parsed.data)) {
    const read = readEntry(name, entry)
    if ('reason' in read) return refused(file, read.reason)
    if ('warning' in read) warnings.push(`${file}: ${read.warning}`)
    else caches.push(read)
  }
  if (Object.keys(parsed.data).length === 0)
    warnings.push(`${file} names no cache: several agents work together only if they share one store`)
  return { ok: true, caches, warnings }
}

function readEntry(name: string, entry: { kind: string }): Cache | { reason: string } | { warning: string } {
  if (entry.kind !== 'NixCache' && entry.kind !== 'CachixCache')
    return { warning: `the cache ${name} is skipped: its kind ${entry.kind} is not known` }
  const parsed = (entry.kind === 'NixCache' ? NixCache : CachixCache).safeParse(entry)
  if (!parsed.success) return { reason: `the cache ${name}: ${z.prettifyError(parsed.error)}` }
  if (parsed.data.kind === 'CachixCache')
    return {
      reason: `the cache ${name} is a CachixCache, which this version of the agent does not push to or fetch from yet; remove it, or give a NixCache`,
    }
  const { storeURI, signingKeys, publicKeys } = parsed.data
  return { name, storeURI, signingKeys, publicKeys }
}

function refused(file: string, why: string): CachesRead {
  return { ok: false, reason: `${file}: ${why}` }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
