import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { startInstallation } from '@firn/testkit/installation'

test('a connection on which nothing was said yet does not hold up a server that ends', {
  timeout: 60_000,
}, async () => {
  const firn = await startInstallation({ env: { FIRN_DRAIN: '86400' } })
  const { hostname, port } = new URL(firn.url)
  const spare = connect({ host: hostname, port: Number(port) })
  await once(spare, 'connect')
  // The server has taken connections in turn, so it has taken this one when it answers on a later one.
  await fetch(firn.url, { method: 'HEAD' })
  await Promise.all([once(spare, 'close'), firn[Symbol.asyncDispose]()])
})
