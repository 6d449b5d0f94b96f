import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AgentConfigFile } from '@firn/contract/files/agent-config'
import { agentToml } from '../agents/agent-toml.ts'
import { crumbsOf } from '../crumbs.ts'
import { readStorePath, shown } from '../names.ts'
import { isTold, tellingLine } from './error-words.ts'
import { timelineBars } from './timeline.ts'
import { wordWhen } from './when-words.ts'

test('of a message of Nix the last error tells', () => {
  const message =
    "\x1b[31;1merror:\x1b[0m\n  … while calling 'throw'\n\n  \x1b[31merror:\x1b[0m every file needs an SPDX line"
  assert.equal(tellingLine(message), 'every file needs an SPDX line')
  assert.equal(tellingLine('attribute missing'), 'attribute missing')
  assert.deepEqual(
    [isTold(message), isTold('\x1b[31merror:\x1b[0m no one'), isTold('no one\n\nat ./a:1:2:')],
    [false, true, false],
  )
})

const at = (seconds: number) => new Date(seconds * 1000).toISOString()
const timeline = {
  queuedAt: at(0),
  evaluationStartedAt: at(10),
  evaluationEndedAt: at(30),
  buildsStartedAt: at(20),
  endedAt: at(100),
}

test('the parts of a job stand on one axis', () => {
  assert.deepEqual(
    timelineBars(timeline, 0).map((bar) => [bar.name, bar.from, bar.to, bar.ms]),
    [
      ['waiting', 0, 0.1, 10_000],
      ['evaluating', 0.1, 0.3, 20_000],
      ['building', 0.2, 1, 80_000],
    ],
  )
})

test('what has not ended reaches to now, and a wrong clock breaks no axis', () => {
  const open = { ...timeline, evaluationEndedAt: null, buildsStartedAt: null, endedAt: null }
  assert.deepEqual(timelineBars(open, 40_000).at(-1), { name: 'evaluating', from: 0.25, to: 1, ms: 30_000, open: true })
  for (const bar of timelineBars(open, -5000)) assert.ok(bar.from >= 0 && bar.to <= 1 && bar.ms >= 0)
})

test('schedules in words', () => {
  assert.equal(wordWhen({ hour: [3], minute: 7 }), 'every day at 03:07 UTC')
  assert.equal(wordWhen({ dayOfWeek: ['Mon', 'Fri'] }), 'on Mon, Fri at a time that Firn chooses')
  assert.equal(wordWhen({ hour: [2, 14], dayOfMonth: [1] }), 'on day 1 of the month in hour 02, 14 UTC')
})

test('the agent.toml that is shown is one that the agent takes', () => {
  const lines = agentToml('https://firn.example').split('\n')
  const read = Object.fromEntries(
    lines.map((line) => line.split(' = ')).map(([key, value]) => [key, JSON.parse(value ?? '')]),
  )
  assert.equal(AgentConfigFile.parse(read).apiBaseUrl, 'https://firn.example')
})

test('names: store paths by name, texts that mislead made visible', () => {
  const drv = '/nix/store/0c9v6xqb3zj2v5n0y4c7r9d1b6h3m2p5-hello-2.12.drv'
  assert.deepEqual(readStorePath(drv), { name: 'hello-2.12', hash: '0c9v6xq' })
  assert.equal(shown('a\u202eb\x07'), 'a\ufffdb\ufffd')
  assert.deepEqual(
    crumbsOf({ site: 'local', account: 'a', project: 'p', index: '4' }).map((it) => it.to),
    ['/local/a', '/local/a/p', '/local/a/p/jobs/4'],
  )
})
