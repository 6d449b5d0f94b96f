import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadWords } from './load-words.ts'

test('the load of a machine is one line', () => {
  const load = {
    average: 1.25,
    cpus: 8,
    memory: { freeMegabytes: 812, totalMegabytes: 16_000 },
    disks: [{ path: '/nix/store', freeMegabytes: 2500, needsMegabytes: 1024 }],
    draining: false,
  }
  assert.equal(loadWords(load), 'load 1.3 of 8 · memory 812 MB of 16 GB free · 2.4 GB free on /nix/store')
  assert.equal(loadWords({ ...load, disks: [] }), 'load 1.3 of 8 · memory 812 MB of 16 GB free')
})
