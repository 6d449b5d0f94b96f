import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { openDesk } from '@firn/testkit/desk'
import { drv, handler, jobConfig, wanted } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { successful } from '@firn/testkit/puppet-agent'
import { until } from '@firn/testkit/wait'
import { sql } from 'kysely'
import { type Connected, connect } from '../db/connect.ts'

let firn: Installation
let connected: Connected
before(async () => {
  firn = await startInstallation()
  connected = connect(firn.databaseUrl, { connectionsMax: 1 })
})
after(async () => {
  await connected.close()
  await firn[Symbol.asyncDispose]()
})

async function learnt(name: string): Promise<number | undefined> {
  const { rows } = await sql<{ ms: number }>`select mean_ms as ms from build_duration where name = ${name}`.execute(
    connected.db,
  )
  return rows[0]?.ms
}

async function took(name: string): Promise<number> {
  const { rows } = await sql<{ ms: number }>`
    select (extract(epoch from ended_at - started_at) * 1000)::real as ms from derivation
    where path like ${`%-${name}.drv`}`.execute(connected.db)
  return rows[0]?.ms ?? assert.fail(`${name} was not built`)
}

test('how long builds of a name take is learnt from job to job, whatever their version', async () => {
  using desk = await openDesk(firn)
  const name = `tool${randomUUID().replaceAll('-', '')}`
  const build = async (version: string) => {
    await desk.push()
    await desk.evaluate([jobConfig, handler('default')])
    await desk.evaluate(wanted(`${name}-${version}`))
    const { id } = await desk.build()
    desk.line.tell({ tag: 'Started', contents: { taskId: id } })
    const [account] = await firn.client.accounts.list({})
    const at = { id: account?.id ?? '', drv: drv(`${name}-${version}`) }
    await until('it to have begun', async () => (await firn.client.derivations.get(at)).status === 'Building')
    await desk.puppet.sendStatus(id, successful)
    return took(`${name}-${version}`)
  }
  const first = await build('1.0')
  const before = await until('the first to be learnt', () => learnt(name))
  assert.equal(before, first)
  const second = await build('1.1')
  const mean = await until('the second to be learnt', async () => {
    const now = await learnt(name)
    return now === before ? undefined : now
  })
  assert.ok(mean > Math.min(first, second) && mean < Math.max(first, second), `${mean} of ${first} and ${second}`)
})
