import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogBody } from '../../report/task-log.ts'
import { Findings } from './findings.ts'
import { DerivationGraph } from './graph.ts'

test('1.9.6 what Nix says is told as such in the log: a trace, a warning, a fetch in whole milliseconds', async () => {
  const log: LogBody[] = []
  const findings = new Findings({
    graph: new DerivationGraph(new AbortController().signal),
    emit: async () => {},
    log: async (entry) => void log.push(entry),
    checkout: '/work/source',
    extended: false,
    max: 10,
  })
  await findings.heard({ kind: 'trace', path: ['a'], text: 'said in /work/source/ci.nix' })
  await findings.heard({ kind: 'warning', path: ['a'], text: 'careful' })
  await findings.heard({ kind: 'fetch', path: ['b'], url: 'https://there/x.tar.gz', ms: 1234.56789 })
  assert.deepEqual(
    log.map((entry) => entry.tag === 'Msg' && entry.msg),
    [
      'while evaluating a:',
      'trace: said in ./ci.nix',
      'warning: careful',
      'while evaluating b:',
      'fetched https://there/x.tar.gz in 1235 ms',
    ],
  )
})
