import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal, type RefusalKind, refusals } from './refusal.ts'

test('a refusal carries its sentence and the HTTP status of its kind', () => {
  const expected: Record<RefusalKind, number> = {
    BAD_REQUEST: 400,
    UNAUTHORIZED: 401,
    FORBIDDEN: 403,
    NOT_FOUND: 404,
    CONFLICT: 409,
    GONE: 410,
    TOO_LARGE: 413,
    SERVICE_UNAVAILABLE: 503,
  }
  assert.deepEqual(refusals, expected)
  const refusal = new Refusal('GONE', 'This link was used.')
  assert.ok(refusal instanceof Error)
  assert.deepEqual([refusal.kind, refusal.status, refusal.message], ['GONE', 410, 'This link was used.'])
  assert.equal(String(refusal), 'Refusal: This link was used.')
})
