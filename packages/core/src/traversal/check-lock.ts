/**
 * Whether a flake.lock fits its flake.nix, before Nix is asked: Firn never changes a lock file, and Nix's own words mislead
 * ("cannot write modified lock file"). What cannot be judged here for certain is left to Nix.
 */
import { type FlakeRef, parseFlakeRef, withoutQuery } from './flake-ref.ts'

/** An input as flake.nix declares it; attributes of the reference besides these are in `ref`. */
export type DeclaredInput = {
  url: string | undefined
  ref: FlakeRef
  follows: string | undefined
  flake: boolean
  inputs: Record<string, DeclaredInput>
}

/** A node of flake.lock; an input is another node's key, or the path of inputs that it follows. */
export type LockNode = {
  inputs: Record<string, string | string[]>
  locked: FlakeRef | undefined
  original: FlakeRef | undefined
  flake: boolean
}

export type LockFile = { root: string; nodes: Record<string, LockNode> }

/** `lock`: undefined when there is none. Gives a sentence for each input that does not fit. */
export function checkLock(declared: Record<string, DeclaredInput>, lock: LockFile | undefined): string[] {
  const names = Object.keys(declared)
  if (lock === undefined) {
    return names.length === 0 ? [] : [`flake.lock is missing, but flake.nix has the inputs ${names.join(', ')}`]
  }
  const root = lock.nodes[lock.root]
  if (root === undefined) return ['flake.lock has no root node']
  const gone = Object.keys(root.inputs).filter((name) => !names.includes(name))
  return [
    ...names.flatMap((name) => checkInput(lock, { name, declared: declared[name], locked: root.inputs[name] })),
    ...gone.map((name) => `flake.lock has the input ${name}, which flake.nix has not`),
    ...Object.entries(lock.nodes).flatMap(([key, node]) => (key === lock.root ? [] : checkPinned(key, node))),
  ]
}

type Input = { name: string; declared: DeclaredInput | undefined; locked: string | string[] | undefined }

function checkInput(lock: LockFile, { name, declared, locked }: Input): string[] {
  if (declared === undefined) return []
  if (locked === undefined) return [`the input ${name} is not in flake.lock`]
  if (declared.follows !== undefined) return checkFollows(name, declared.follows, locked)
  if (typeof locked !== 'string')
    return [`flake.lock lets the input ${name} follow ${locked.join('/')}, flake.nix does not`]
  const node = lock.nodes[locked]
  if (node === undefined) return [`flake.lock has no node ${locked} for the input ${name}`]
  return [...checkOriginal(name, declared, node), ...checkOverrides(name, declared, node)]
}

function checkFollows(name: string, follows: string, locked: string | string[]): string[] {
  const fits = typeof locked !== 'string' && locked.join('/') === follows
  return fits ? [] : [`the input ${name} follows ${follows || 'nothing'} in flake.nix, but not in flake.lock`]
}

function checkOriginal(name: string, declared: DeclaredInput, node: LockNode): string[] {
  if (declared.flake !== node.flake)
    return [`flake.nix says flake = ${declared.flake} of the input ${name}, flake.lock does not`]
  const wanted = referenceOf(name, declared)
  if (wanted === undefined || node.original === undefined || sameRef(wanted, node.original)) return []
  return [
    `the input ${name} is ${declared.url ?? showRef(wanted)} in flake.nix, but flake.lock was made for ${showRef(node.original)}`,
  ]
}

/** Without a URL an input is looked up by its name. */
function referenceOf(name: string, { url, ref }: DeclaredInput): FlakeRef | undefined {
  if (url !== undefined) return parseFlakeRef(url)
  return ref.type === undefined ? { type: 'indirect', id: name } : ref
}

function checkOverrides(name: string, declared: DeclaredInput, node: LockNode): string[] {
  return Object.entries(declared.inputs).flatMap(([inner, { follows }]) => {
    const locked = node.inputs[inner]
    return follows === undefined || locked === undefined ? [] : checkFollows(`${name}/${inner}`, follows, locked)
  })
}

function checkPinned(key: string, { locked }: LockNode): string[] {
  if (locked === undefined) return [`the input ${key} is not pinned in flake.lock`]
  if (locked.type === 'indirect') return [`the input ${key} is pinned to an entry of a registry, not to a source`]
  const relative = locked.type === 'path' && !locked.path?.startsWith('/')
  const pinned = locked.rev !== undefined || locked.narHash !== undefined || relative
  return pinned ? [] : [`the input ${key} is not pinned to a revision or hash in flake.lock`]
}

/** What tells one source from another; the rest (hosts, submodules …) is left to Nix. */
const telling = ['type', 'owner', 'repo', 'url', 'path', 'id', 'ref', 'rev', 'dir']

function sameRef(one: FlakeRef, other: FlakeRef): boolean {
  const [a, b] = [withoutQuery(one), withoutQuery(other)]
  const keys = a.type === 'tarball' ? [...telling, ...askedOf(a), ...askedOf(b)] : telling
  return keys.every((key) => a[key] === b[key])
}

const notAsked = new Set(['narHash', 'lastModified', 'revCount', 'name', 'unpack'])

/** A file host may be asked for another file by any word of its own. */
const askedOf = (tarball: FlakeRef) => Object.keys(tarball).filter((key) => !notAsked.has(key))

function showRef(ref: FlakeRef): string {
  const { type, owner, repo, url, path, id, ref: branch, rev } = ref
  const at = [branch, rev].filter((text) => text !== undefined).map((text) => `/${text}`)
  return `${type}:${owner === undefined ? (url ?? path ?? id) : `${owner}/${repo}`}${at.join('')}`
}
