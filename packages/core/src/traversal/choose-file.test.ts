import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseFile } from './choose-file.ts'

const choose = (...files: string[]) => chooseFile(new Set(files))

test('1.1.1, 10.1 ci.nix and nix/ci.nix go before flake.nix, which goes before default.nix', () => {
  assert.deepEqual(choose('ci.nix', 'flake.nix', 'default.nix'), { file: 'ci.nix' })
  assert.deepEqual(choose('nix/ci.nix', 'flake.nix'), { file: 'nix/ci.nix' })
  assert.deepEqual(choose('flake.nix', 'default.nix'), { file: 'flake.nix' })
  assert.deepEqual(choose('default.nix'), { file: 'default.nix' })
})

test('1.1.2, 10.1 both ci.nix files are an error', () => {
  assert.deepEqual(choose('ci.nix', 'nix/ci.nix'), {
    refused: "Don't know what to do, expecting only one of nix/ci.nix or ci.nix",
  })
})

test('1.1.3, 10.1 no file is an error', () => {
  assert.deepEqual(choose(), {
    refused:
      'Please provide a Nix expression to build. Could not find any of nix/ci.nix, ci.nix, flake.nix or default.nix in your source',
  })
})
