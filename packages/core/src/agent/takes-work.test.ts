import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AgentLoad } from '@firn/contract/agent/load'
import { whyNoWork } from './takes-work.ts'

const load: AgentLoad = {
  average: 20,
  cpus: 2,
  memory: { freeMegabytes: 10, totalMegabytes: 1000 },
  disks: [
    { path: '/nix/store', freeMegabytes: 1024, needsMegabytes: 1024 },
    { path: '/tmp', freeMegabytes: 5000, needsMegabytes: 1024 },
  ],
  draining: false,
}
const tmp = (freeMegabytes: number) => [{ path: '/tmp', freeMegabytes, needsMegabytes: 1024 }]

test('an agent takes work, busy as it may be, and when it does not say how it is', () => {
  assert.equal(whyNoWork(load), null)
  assert.equal(whyNoWork(null), null)
  assert.equal(whyNoWork({ ...load, disks: [] }), null)
})

test('with less space than it needs it takes none, and says where and how much', () => {
  assert.equal(whyNoWork({ ...load, disks: [...load.disks, ...tmp(300)] }), '300 MB free on /tmp, needs 1024 MB')
  assert.equal(whyNoWork({ ...load, disks: tmp(1023) }), '1023 MB free on /tmp, needs 1024 MB')
})

test('an agent that is being stopped takes none, whatever space it has', () => {
  for (const disks of [tmp(0), tmp(5000)])
    assert.equal(whyNoWork({ ...load, disks, draining: true }), 'it is being stopped, and finishes what it has')
})
