import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkLock, type DeclaredInput, type LockFile, type LockNode } from './check-lock.ts'
import { parseFlakeRef } from './flake-ref.ts'

const rev = '0123456789abcdef0123456789abcdef01234567'

const input = (more: Partial<DeclaredInput>): DeclaredInput => ({
  url: undefined,
  ref: {},
  follows: undefined,
  flake: true,
  inputs: {},
  ...more,
})
const node = (more: Partial<LockNode>): LockNode => ({
  inputs: {},
  locked: undefined,
  original: undefined,
  flake: true,
  ...more,
})
const github = (ref?: string) => ({ type: 'github', owner: 'o', repo: 'r', ...(ref && { ref }) })
const pinned = (more: Partial<LockNode> = {}) =>
  node({ locked: { ...github(), rev, narHash: 'sha256-x' }, original: github(), ...more })
const lock = (inputs: LockNode['inputs'], nodes: Record<string, LockNode>): LockFile => ({
  root: 'root',
  nodes: { root: node({ inputs }), ...nodes },
})

test('a lock that fits', () => {
  const declared = {
    a: input({ url: 'github:o/r' }),
    b: input({ follows: 'a' }),
    c: input({ url: 'github:o/r', inputs: { x: input({ follows: 'a' }) } }),
  }
  const nodes = { a: pinned(), c: pinned({ inputs: { x: ['a'] } }) }
  assert.deepEqual(checkLock(declared, lock({ a: 'a', b: ['a'], c: 'c' }, nodes)), [])
})

test('no inputs need no lock', () => {
  assert.deepEqual(checkLock({}, undefined), [])
})

test('a missing lock', () => {
  assert.deepEqual(checkLock({ a: input({}) }, undefined), ['flake.lock is missing, but flake.nix has the inputs a'])
})

test('missing, gone and moved inputs', () => {
  const declared = { a: input({ url: 'github:o/r/stable' }), b: input({ url: 'github:o/new' }) }
  assert.deepEqual(checkLock(declared, lock({ a: 'a', old: 'old' }, { a: pinned(), old: pinned() })), [
    'the input a is github:o/r/stable in flake.nix, but flake.lock was made for github:o/r',
    'the input b is not in flake.lock',
    'flake.lock has the input old, which flake.nix has not',
  ])
})

test('an input without a URL is looked up by its name', () => {
  const indirect = { type: 'indirect', id: 'a' }
  assert.deepEqual(checkLock({ a: input({}) }, lock({ a: 'a' }, { a: pinned({ original: indirect }) })), [])
  assert.deepEqual(checkLock({ a: input({}) }, lock({ a: 'a' }, { a: pinned() })), [
    'the input a is indirect:a in flake.nix, but flake.lock was made for github:o/r',
  ])
})

test('what follows another', () => {
  const declared = {
    a: input({ url: 'github:o/r', inputs: { x: input({ follows: 'b' }) } }),
    b: input({ follows: 'a' }),
  }
  assert.deepEqual(checkLock(declared, lock({ a: 'a', b: 'a' }, { a: pinned({ inputs: { x: 'a' } }) })), [
    'the input a/x follows b in flake.nix, but not in flake.lock',
    'the input b follows a in flake.nix, but not in flake.lock',
  ])
})

test('inputs that are not pinned, also of inputs', () => {
  const nodes = {
    a: pinned({ locked: github() }),
    registry: node({ locked: { type: 'indirect', id: 'nixpkgs' } }),
    nothing: node({}),
    relative: node({ locked: { type: 'path', path: './sub' } }),
  }
  assert.deepEqual(checkLock({ a: input({ url: 'github:o/r' }) }, lock({ a: 'a' }, nodes)), [
    'the input a is not pinned to a revision or hash in flake.lock',
    'the input registry is pinned to an entry of a registry, not to a source',
    'the input nothing is not pinned in flake.lock',
  ])
})

test('a file that is asked for by a query, whether the lock keeps that in the URL or beside it', () => {
  const declared = (sha: string) => ({ a: input({ url: `https://h/archive.tar.gz?sha=${sha}` }) })
  const original = { type: 'tarball', url: 'https://h/archive.tar.gz?sha=abc' }
  const nodes = { a: pinned({ original }) }
  assert.deepEqual(checkLock(declared('abc'), lock({ a: 'a' }, nodes)), [])
  assert.deepEqual(checkLock(declared('def'), lock({ a: 'a' }, nodes)), [
    'the input a is https://h/archive.tar.gz?sha=def in flake.nix, but flake.lock was made for tarball:https://h/archive.tar.gz?sha=abc',
  ])
})

test('flake = false', () => {
  assert.deepEqual(checkLock({ a: input({ url: 'github:o/r', flake: false }) }, lock({ a: 'a' }, { a: pinned() })), [
    'flake.nix says flake = false of the input a, flake.lock does not',
  ])
})

for (const [url, expected] of [
  ['github:o/r', { type: 'github', owner: 'o', repo: 'r' }],
  ['github:o/r/release/1.0?dir=sub', { type: 'github', owner: 'o', repo: 'r', ref: 'release/1.0', dir: 'sub' }],
  [`gitlab:o/r/${rev}`, { type: 'gitlab', owner: 'o', repo: 'r', rev }],
  ['git+https://h/o/r.git?ref=main', { type: 'git', url: 'https://h/o/r.git', ref: 'main' }],
  ['git+file:///srv/r', { type: 'git', url: 'file:///srv/r' }],
  ['path:./sub', { type: 'path', path: './sub' }],
  ['https://h/x.tar.gz', { type: 'tarball', url: 'https://h/x.tar.gz' }],
  ['https://h/archive.tar.gz?sha=abc', { type: 'tarball', url: 'https://h/archive.tar.gz', sha: 'abc' }],
  ['github:o/r/v1.0%2B1', { type: 'github', owner: 'o', repo: 'r', ref: 'v1.0+1' }],
  ['gitlab:group%2Fsub/repo', undefined],
  ['nixpkgs', { type: 'indirect', id: 'nixpkgs' }],
  ['nixpkgs/nixos-25.05', { type: 'indirect', id: 'nixpkgs', ref: 'nixos-25.05' }],
  ['flake:nixpkgs', { type: 'indirect', id: 'nixpkgs' }],
  ['https://h/page', undefined],
] as const) {
  test(`flake reference ${url}`, () => assert.deepEqual(parseFlakeRef(url), expected))
}
