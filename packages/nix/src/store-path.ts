/** Store paths and hashes as Nix writes them. Authority: the Nix manual, "Store path" and "Content-addressing". */
import { hash } from 'node:crypto'
import { decodeNix32, encodeNix32 } from './nix32.ts'

/** Only the usual store directory is supported: paths of other stores are not shared between machines. */
export const storeDir = '/nix/store'

export type StorePath = { path: string; hashPart: string; name: string }

const storePathPattern = /^\/nix\/store\/([0-9abcdfghijklmnpqrsvwxyz]{32})-([0-9A-Za-z+\-._?=]{1,211})$/
const outputNamePattern = /^[0-9A-Za-z+\-._?=]{1,211}$/

/** A store path taken apart; `undefined` for anything else, paths below a store path included. */
export function parseStorePath(path: string): StorePath | undefined {
  const match = storePathPattern.exec(path)
  const [, hashPart, name] = match ?? []
  if (hashPart === undefined || name === undefined || name === '.' || name === '..') return undefined
  return { path, hashPart, name }
}

export function isStorePath(path: string): boolean {
  return parseStorePath(path) !== undefined
}

/** Whether it is the path of a derivation file in the store. */
export function isDrvPath(path: string): boolean {
  return path.endsWith('.drv') && isStorePath(path)
}

/** Output names obey the rules of store path names, since they become part of one. */
export function isOutputName(name: string): boolean {
  return outputNamePattern.test(name)
}

/** The store path a path inside the store belongs to: `/nix/store/x-y/bin/z` → `/nix/store/x-y`. */
export function storePathOf(path: string): string | undefined {
  const end = path.indexOf('/', storeDir.length + 1)
  const top = end < 0 ? path : path.slice(0, end)
  return isStorePath(top) ? top : undefined
}

const hashBytes = new Map([
  ['md5', 16],
  ['sha1', 20],
  ['sha256', 32],
  ['sha512', 64],
])

/**
 * A hash in any form Nix writes (`sha256:<base16 | nix32 | base64>`, `sha256-<base64>`) as `algorithm:<nix32>`, the form of
 * narinfo files and of the Hercules CI protocol; `undefined` when it is none.
 */
export function normaliseHash(text: string): string | undefined {
  const match = /^(md5|sha1|sha256|sha512)[:-](.+)$/.exec(text)
  const [, algorithm = '', digits = ''] = match ?? []
  const size = hashBytes.get(algorithm)
  if (size === undefined) return undefined
  const bytes = decodeDigits(digits, size)
  return bytes?.length === size ? `${algorithm}:${encodeNix32(bytes)}` : undefined
}

function decodeDigits(digits: string, size: number): Uint8Array | undefined {
  if (digits.length === size * 2 && /^[0-9a-f]+$/i.test(digits)) return Buffer.from(digits, 'hex')
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(digits) && digits.length === Math.ceil(size / 3) * 4)
    return Buffer.from(digits, 'base64')
  return decodeNix32(digits)
}

/** The first 20 bytes' worth of a sha256, folded by exclusive or, as in every store path. */
export function foldHash(hash: Uint8Array): Uint8Array {
  const folded = new Uint8Array(20)
  hash.forEach((byte, at) => {
    folded[at % 20] = (folded[at % 20] ?? 0) ^ byte
  })
  return folded
}

/** The store path of a text (a .drv file, `builtins.toFile`) with its references, which need not be sorted. */
export function textStorePath(name: string, text: Uint8Array, references: readonly string[]): string {
  const inner = hash('sha256', text, 'hex')
  const type = ['text', ...[...references].sort()].join(':')
  const fingerprint = hash('sha256', `${type}:sha256:${inner}:${storeDir}:${name}`, 'buffer')
  return `${storeDir}/${encodeNix32(foldHash(fingerprint))}-${name}`
}
