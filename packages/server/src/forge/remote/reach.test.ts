import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPublicAddress, reachOf } from './reach.ts'

test('addresses of this machine and of private networks are told apart from public ones', () => {
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '2002:a00:1::',
  ])
    assert.equal(isPublicAddress(address), false, address)
  for (const address of ['1.1.1.1', '172.32.0.1', '2606:4700::1111'])
    assert.equal(isPublicAddress(address), true, address)
})

test('a private host is refused unless the operator allows it, also written as a number or in brackets', async () => {
  for (const url of ['http://127.0.0.1/a', 'http://localhost:99/a', 'http://2130706433/a', 'ssh://git@[::1]/a']) {
    const reach = await reachOf(url, false)
    assert.ok(!reach.ok && /FIRN_PRIVATE_FORGES/.test(reach.reason), url)
  }
  assert.deepEqual(await reachOf('http://127.0.0.1/a', true), { ok: true, addresses: undefined })
})
