import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { isTimeless, mayChangeWithTime } from './timeless.ts'

const changing = [
  'builtins.currentTime',
  'let t = currentTime; in t',
  '(import <nix/fetchurl.nix>) (fetchTarball "https://x")',
  'builtins.fetchurl "https://x"',
  'builtins . fetchurl { }',
  'with builtins; readFile (fetchurl "https://x")',
  'let inherit (builtins) fetchurl; in fetchurl',
  ['builtins.$', '{name}'].join(''),
  '__fetchurl "x"',
  '__currentTime',
  '__fetchTarball "https://x"',
  '__getFlake "github:o/r"',
  'builtins.getAttr ("current" + "Time") builtins',
  'builtins."fetchurl" "https://x"',
  'let b = builtins; in b.fetchurl "https://x"',
  'map (set: set.fetchurl "https://x") [ builtins ]',
  '{ inherit builtins; }',
  'builtins.getFlake "github:o/r"',
]
const lasting = [
  'pkgs.fetchurl { url = "x"; sha256 = "y"; }',
  'pkgs.fetchFromGitHub { }',
  'myCurrentTime',
  'with builtins; map',
  'builtins.toString 1',
  'if builtins ? placeholder then builtins . placeholder "out" else ""',
  'let inherit (builtins) map; in map',
  'let inherit ( builtins ) map; in map',
]

for (const text of changing) test(`changes with time: ${text}`, () => assert.equal(mayChangeWithTime(text), true))
for (const text of lasting)
  test(`does not change with time: ${text}`, () => assert.equal(mayChangeWithTime(text), false))

async function scan(files: Record<string, string>): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'firn-timeless-test-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), text)
    }
    return await isTimeless([folder], new AbortController().signal)
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('every file of a source is looked at, whatever its name', async () => {
  assert.equal(await scan({ 'ci.nix': '{ }', 'a/b/c': 'text' }), true)
  assert.equal(await scan({ 'ci.nix': '{ }', 'a/b/c': 'builtins.currentTime' }), false)
  assert.equal(await scan({ 'ci.nix': `${' '.repeat(20_000)}builtins.currentTime` }), false)
})

test('binary files and what Git keeps are left out', async () => {
  assert.equal(await scan({ image: '\0 currentTime', '.git/config': 'currentTime' }), true)
})
