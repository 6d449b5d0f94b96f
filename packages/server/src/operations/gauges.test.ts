import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Registry } from 'prom-client'
import { totalGauges } from './gauges.ts'
import type { Totals } from './read-totals.ts'

const totals = (more: Partial<Totals>): Totals => ({
  queue: [],
  running: [],
  agents: { online: 2, refusing: 1, slots: 6, busy: 3 },
  jobs: [],
  outbox: [],
  alerts: [],
  databaseBytes: 1,
  ...more,
})
const waiting = (platform: string, oldestS: number) => ({ kind: 'build', platform, tasks: 1, oldestS })

test('platforms are text from repositories: too many and too long ones are told together', async () => {
  const registry = new Registry()
  const show = totalGauges(registry, { withProjects: false })
  const many = Array.from({ length: 45 }, (_, i) => waiting(`p${i}`, i))
  show(totals({ queue: [waiting('x'.repeat(100_000), 70), ...many] }))
  const text = await registry.metrics()
  assert.match(text, /^firn_queue_tasks\{kind="build",platform="p0"\} 1$/m)
  assert.match(text, /^firn_queue_tasks\{kind="build",platform="other"\} 7$/m)
  assert.match(text, /^firn_queue_oldest_seconds\{kind="build",platform="other"\} 70$/m)
  assert.ok(text.length < 20_000)
})

test('what was true before is not told again, and what is not known is left out', async () => {
  const registry = new Registry()
  const show = totalGauges(registry, { withProjects: false })
  show(totals({ queue: [waiting('x86_64-linux', 5)], alerts: [{ kind: 'no-agent' }] }))
  show(totals({}))
  assert.doesNotMatch(await registry.metrics(), /^firn_(queue_tasks|alerts)\{/m)
  assert.match(await registry.metrics(), /^firn_agents_refusing 1$/m)
  show(undefined)
  const away = await registry.metrics()
  assert.deepEqual(
    away.split('\n').filter((line) => line.startsWith('firn_')),
    ['firn_database_up 0'],
  )
})
