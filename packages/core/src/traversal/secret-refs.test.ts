import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSecretRefs } from './secret-refs.ts'

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const read = (env: Record<string, string>) => readSecretRefs(env, parseJson)

test('3.4.4 names and Git tokens', () => {
  assert.deepEqual(read({ secretsMap: '{"ssh": "deploy-key", "git": {"type": "GitToken"}}' }), {
    ok: true,
    refs: { ssh: { tag: 'SimpleSecret', contents: { name: 'deploy-key' } }, git: { tag: 'GitToken', contents: [] } },
  })
})

test('3.4.4 secretsToUse is preferred; none is none', () => {
  assert.deepEqual(read({ secretsToUse: '{"a": "new"}', secretsMap: '{"a": "old"}' }), {
    ok: true,
    refs: { a: { tag: 'SimpleSecret', contents: { name: 'new' } } },
  })
  assert.deepEqual(read({}), { ok: true, refs: {} })
})

for (const [value, reason] of [
  [
    '{"x": {"type": "Other"}}',
    'Could not parse secret reference secretsMap.x, because the type is unknown; must be "GitToken".',
  ],
  ['{"x": {"type": 1}}', 'Could not parse secret reference secretsMap.x, because the type is not a string.'],
  ['{"x": {}}', 'Could not parse secret reference secretsMap.x, because it has no type attribute.'],
  ['{"x": 3}', 'Could not parse secret reference secretsMap.x, because it is neither a string nor an attribute set.'],
  ['[', 'Could not parse secretsMap: it is not a JSON object.'],
] as const) {
  test(`3.4.5 refused: ${value}`, () => assert.deepEqual(read({ secretsMap: value }), { ok: false, reason }))
}
