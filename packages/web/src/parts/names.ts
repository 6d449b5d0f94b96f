import { showAttributePath } from '@firn/contract/attribute-path'

/** Marks that turn the direction of text, and controls: with them a name can read as another. */
const misleading = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f-\x9f]/g

/** A name or a sentence from outside as it may be drawn: what could mislead shows as \ufffd. */
export const shown = (text: string) => text.replace(misleading, '\ufffd')

const storeName = /^\/nix\/store\/([0-9a-z]{32})-(.+)$/

/** The name and the short hash of a store path; other texts are their own name. */
export function readStorePath(path: string): { name: string; hash: string | undefined } {
  const match = storeName.exec(path)
  return match
    ? { name: (match[2] ?? '').replace(/\.drv$/, ''), hash: match[1]?.slice(0, 7) }
    : { name: path, hash: undefined }
}

/** `refs/heads/main` → `main`, `refs/tags/v1` → `v1`; others whole. */
export const shortRef = (ref: string) => shown(ref.replace(/^refs\/(heads|tags)\//, ''))
export const shortRev = (rev: string) => rev.slice(0, 8)
export const firstLine = (message: string) => shown(message.split('\n', 1)[0] ?? '').trim() || '(no message)'

/** An attribute's path as people read it. */
export const showPath = (path: readonly string[]) => shown(showAttributePath(path))
