/**
 * Whether a source could evaluate to something else at another time: it reads the clock, or fetches what is not pinned.
 * Looked for in its text, since builtins cannot be watched. A word in a comment counts: then the evaluation is not used
 * again, which costs time and is never wrong. Inputs of flakes are pinned by their lock and not looked into.
 */
import { open, opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Also with the underscores by which builtins are called without their set: `__currentTime`. */
const always =
  /(?<![A-Za-z0-9])(currentTime|fetchTarball|fetchGit|fetchTree|fetchMercurial|fetchClosure|getFlake|exec|importNative)\b/
const ofBuiltins = /\bbuiltins\s*\.\s*fetchurl\b|\b__fetchurl\b/
/** The set under another name, or one of it by a name that is computed; what it has may be asked. */
const asValue = /(?<!\bwith\s+|\binherit\s*\(\s*)\bbuiltins\b(?!\s*(\.\s*[A-Za-z_]|\?))/
/** The builtins may be called by bare names. */
const opened = /\bwith\s+builtins\b|\binherit\s*\(\s*builtins\s*\)/
const bareFetch = /\bfetchurl\b/

export function mayChangeWithTime(text: string): boolean {
  return always.test(text) || ofBuiltins.test(text) || asValue.test(text) || (opened.test(text) && bareFetch.test(text))
}

/** A source with more than this is not looked through. */
const filesMax = 20_000
const fileMaxBytes = 4 * 1024 * 1024

/** Of all files, whatever they are called: any of them may be imported. */
export async function isTimeless(folders: readonly string[], signal: AbortSignal): Promise<boolean> {
  let files = 0
  for (const folder of folders) {
    for await (const entry of await opendir(folder, { recursive: true })) {
      if (signal.aborted || ++files > filesMax) return false
      if (
        entry.isFile() &&
        !isGitsOwn(entry.parentPath, folder) &&
        !(await isTimelessFile(join(entry.parentPath, entry.name)))
      )
        return false
    }
  }
  return true
}

function isGitsOwn(parent: string, folder: string): boolean {
  return `${parent}/`.startsWith(`${folder}/.git/`)
}

async function isTimelessFile(file: string): Promise<boolean> {
  const { size } = await stat(file)
  await using handle = await open(file)
  const start = Buffer.alloc(Math.min(size, 8192))
  await handle.read(start, 0, start.length, 0)
  if (start.includes(0)) return true // no Nix expression
  if (size > fileMaxBytes) return false
  return !mayChangeWithTime(size <= start.length ? start.toString('utf8') : await handle.readFile('utf8'))
}
