/** What Firn adds to messages travels in fields of its own, which may always be absent. The goldens have none of them. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { z } from 'zod'
import { type Json, without, withValue } from '../testing/places.ts'
import { EvaluateEvent } from './evaluate-event.ts'
import { ServiceInfo } from './session.ts'
import { AgentFrame } from './socket.ts'
import { EvaluateTask, TaskStatus } from './task.ts'

type Addition = { file: string; schema: z.ZodType; place: string; taken: Json[]; refused: Json[] }

const evalMs = { place: 'contents.evalMs', taken: [0, 12.5], refused: [-1, '12', null] }

const additions: Addition[] = [
  { file: 'service-info', schema: ServiceInfo, place: 'firn', taken: [{ extension: 1 }], refused: [{}, 1, null] },
  {
    file: 'evaluate-task-config',
    schema: EvaluateTask,
    place: 'firn',
    taken: [
      { importFromDerivation: false, submodules: true },
      { importFromDerivation: true, submodules: true, repositoryUrl: 'https://git.example/o/r' },
    ],
    refused: [{ submodules: true }, true, null],
  },
  { file: 'event-attribute', schema: EvaluateEvent, ...evalMs },
  { file: 'event-attribute-effect', schema: EvaluateEvent, ...evalMs },
  { file: 'event-attribute-error', schema: EvaluateEvent, ...evalMs },
  {
    file: 'event-message',
    schema: EvaluateEvent,
    place: 'contents.expressionPath',
    taken: [[], ['packages', 'hello']],
    refused: ['packages.hello', null],
  },
]

const output = '/nix/store/ffddd4pcs2cshvngwcfpzbdrbij4vbv2-hello'
const failures: Json[] = [
  { how: 'exited', code: 1 },
  { how: 'signalled', signal: 9 },
  { how: 'timed-out', seconds: 3600 },
  { how: 'silent', seconds: 600 },
  { how: 'log-too-large', limitBytes: 2 ** 30 },
  { how: 'output-too-large', path: output, closure: false, bytes: 101, limitBytes: 100 },
  { how: 'hash-mismatch', wanted: 'sha256-AAAA', got: 'sha256-BBBB' },
  { how: 'not-deterministic', output },
  { how: 'no-output', output: 'out' },
  { how: 'rejected', reason: 'an output may not refer to this' },
]
const load: Json = {
  average: 0.5,
  cpus: 8,
  memory: { freeMegabytes: 1000, totalMegabytes: 16_000 },
  disks: [{ path: '/nix/store', freeMegabytes: 300, needsMegabytes: 1024 }],
  draining: false,
}
additions.push(
  {
    file: 'agent-msg-ping',
    schema: AgentFrame,
    place: 'p.firn',
    taken: [{ load }, { load: withValue(load, ['disks'], []) }],
    refused: [{}, null, { load: null }, { load: without(load, ['draining']) }],
  },
  {
    file: 'task-status-terminated',
    schema: TaskStatus,
    place: 'firn',
    taken: failures.map((failure) => ({ failure })),
    refused: [{}, null, { failure: { how: 'exited' } }, { failure: { how: 'other' } }],
  },
  {
    file: 'task-status-exceptional',
    schema: TaskStatus,
    place: 'firn',
    taken: [{ declined: true }],
    refused: [{}, null, { declined: false }],
  },
)

for (const { file, schema, place, taken, refused } of additions)
  test(`${file} may carry ${place}`, async () => {
    const published: Json = JSON.parse(await readFile(new URL(`../golden/${file}.json`, import.meta.url), 'utf8'))
    for (const value of taken) {
      const message = withValue(published, place.split('.'), value)
      assert.deepEqual(schema.parse(message), message)
    }
    for (const value of refused)
      assert.equal(schema.safeParse(withValue(published, place.split('.'), value)).success, false)
  })
