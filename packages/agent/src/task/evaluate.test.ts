import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { showAttributePath } from '@firn/contract/attribute-path'
import { z } from 'zod'
import { randomSalt, testNixes, testRev } from '../testing/agent-bench.ts'
import {
  asFlake,
  copySource,
  type EvaluationBench,
  evaluateSource,
  openEvaluationBench,
} from '../testing/evaluation-bench.ts'

const fixtures = new URL('../../../../fixtures/evaluation/', import.meta.url).pathname

const Expected = z.strictObject({
  /** fetched from a Git repository at its third commit */
  flake: z.boolean().default(false),
  cases: z.array(
    z.strictObject({
      title: z.string(),
      handler: z.string().optional(),
      graph: z.boolean().default(false),
      args: z.record(z.string(), z.unknown()).default({}),
      events: z.array(z.record(z.string(), z.json())).optional(),
      /** instead of the events: attribute path to name, with its type where it is not Regular */
      attributes: z.record(z.string(), z.string()).optional(),
      /** with them: attribute path to a part of the message */
      errors: z.record(z.string(), z.string()).optional(),
      log: z.array(z.string()).default([]),
      status: z.string().default('Successful'),
    }),
  ),
})
type Case = z.infer<typeof Expected>['cases'][number]

const graphTags = new Set(['DerivationInfo', 'BuildRequest'])

function shown(events: EvaluateEvent[], expected: Case) {
  return events
    .filter(({ tag }) => expected.graph || !graphTags.has(tag))
    .map((event) => withoutHashes({ tag: event.tag, ...event.contents }))
}

function withoutHashes<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replace(/\/nix\/store\/[0-9a-z]{32}-/g, ''))
}

function withoutColours(text: string): string {
  return text.replace(/\x1b\[[0-9;]*m/g, '')
}

/** Of what came, what the fixture speaks of; of a message that holds the expected text, that text. */
function comparable(actual: Record<string, unknown>, expected: Record<string, unknown> | undefined) {
  if (expected === undefined || actual.tag !== expected.tag) return actual
  const entries = Object.keys(expected).map((key) => {
    const [is, should] = [actual[key], expected[key]]
    const plain = typeof is === 'string' ? withoutColours(is) : is
    return [key, key === 'errorMessage' && typeof plain === 'string' && plain.includes(String(should)) ? should : plain]
  })
  return Object.fromEntries(entries)
}

function attributesOf(events: EvaluateEvent[]): Record<string, string> {
  const name = (drvPath: string) => drvPath.slice('/nix/store/'.length + 33, -'.drv'.length)
  const entries = events.map((event) => {
    if (event.tag !== 'Attribute' && event.tag !== 'AttributeEffect') return []
    const { expressionPath, derivationPath } = event.contents
    const type = event.tag === 'Attribute' ? event.contents.typ : 'Effect'
    return [[showAttributePath(expressionPath), `${name(derivationPath)}${type === 'Regular' ? '' : ` (${type})`}`]]
  })
  return Object.fromEntries(entries.flat())
}

/** Of messages that hold what is expected, only that. */
function errorsOf(events: EvaluateEvent[], expected: Record<string, string>): Record<string, string> {
  const found = events.flatMap((event) => (event.tag === 'AttributeError' ? [event.contents] : []))
  return Object.fromEntries(
    found.map(({ expressionPath, errorMessage }) => {
      const path = showAttributePath(expressionPath)
      const part = expected[path]
      return [path, part !== undefined && withoutColours(errorMessage).includes(part) ? part : errorMessage]
    }),
  )
}

async function check(bench: EvaluationBench, at: { fixture: string; flake: boolean }, expected: Case) {
  const folder = join(bench.folder, randomSalt())
  const copy = await copySource(join(fixtures, at.fixture), join(folder, 'source'), randomSalt())
  const { source, rev } = at.flake ? await asFlake(bench, copy) : { source: copy, rev: testRev }
  const { status, events, log } = await evaluateSource(bench.tools, source, {
    rev,
    ...expected.args,
    ...(expected.handler && { handler: expected.handler }),
  })
  const told = JSON.stringify(events)
  assert.doesNotMatch(told, /-firn-(program|expression)\.nix|«(string|stdin)»/, 'errors speak of the repository only')
  assert.ok(!told.includes(bench.folder), told)
  if (expected.attributes) {
    assert.deepEqual(attributesOf(events), expected.attributes)
    if (expected.errors) assert.deepEqual(errorsOf(events, expected.errors), expected.errors)
  } else {
    assert.deepEqual(
      shown(events, expected).map((event, i) => comparable(event, expected.events?.[i])),
      expected.events,
    )
  }
  for (const text of expected.log) assert.ok(log.includes(text), `not in the log: ${text}\n${log}`)
  assert.equal(status.tag, expected.status, JSON.stringify(status))
}

for (const nix of await testNixes()) {
  describe(`evaluation with Nix ${nix.version.text}`, () => {
    let bench: EvaluationBench
    before(async () => {
      bench = await openEvaluationBench(nix)
    })
    after(() => bench[Symbol.asyncDispose]())
    for (const fixture of readdirSync(fixtures).sort()) {
      const file = join(fixtures, fixture, 'expected.json')
      if (!existsSync(file)) continue
      const { cases, flake } = Expected.parse(JSON.parse(readFileSync(file, 'utf8')))
      for (const expected of cases)
        test(`${expected.title} (${fixture})`, () => check(bench, { fixture, flake }, expected))
    }
  })
}
