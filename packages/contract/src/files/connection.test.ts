import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connection } from './connection.ts'

test('connection.json holds an address and a token', () => {
  const connection = { url: 'http://127.0.0.1:8080', token: 'firn_x' }
  assert.deepEqual(Connection.parse(connection), connection)
  for (const broken of [{ url: '127.0.0.1', token: 'x' }, { url: 'http://a' }, { url: 'http://a', token: '' }, null])
    assert.equal(Connection.safeParse(broken).success, false)
})
