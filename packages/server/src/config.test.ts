import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeOptions, readConfig } from './config.ts'

test('without any variable everything has a default', () => {
  const read = readConfig({ PATH: '/bin' })
  assert.ok('config' in read)
  const { stateFolder, ...rest } = read.config
  assert.match(stateFolder, /^\/.*\/state$/)
  assert.equal(rest.port, 8080)
  assert.deepEqual(
    [rest.host, rest.databaseUrl, rest.agentLostAfterS, rest.searchPath],
    ['127.0.0.1', undefined, 180, '/bin'],
  )
})

test('all problems are told together, a misspelt option among them', () => {
  const read = readConfig({
    FIRN_PORT: '99999',
    FIRN_PUBLIC_URL: 'https://ci.example/',
    DATABASE_URL: 'mysql://x',
    FIRN_AGENT_LOST_AFTER: 'soon',
    FIRN_LOG_LEVEL: 'loud',
    FIRN_STAT: '/x',
  })
  assert.ok('problems' in read)
  assert.deepEqual(read.problems.map((problem) => problem.split(':')[0]).sort(), [
    'DATABASE_URL',
    'FIRN_AGENT_LOST_AFTER',
    'FIRN_LOG_LEVEL',
    'FIRN_PORT',
    'FIRN_PUBLIC_URL',
    'FIRN_STAT',
  ])
})

test('the local forge is off by default where the database is on another host, which others may share', () => {
  const forgeAt = (DATABASE_URL: string, more = {}) => {
    const read = readConfig({ DATABASE_URL, ...more })
    return 'config' in read && read.config.hasLocalForge
  }
  assert.equal(forgeAt('postgres://u@db.example/firn'), false)
  assert.equal(forgeAt('postgres://u@db.example/firn', { FIRN_LOCAL_FORGE: 'true' }), true)
  for (const here of [
    'postgres:///firn?host=/run/postgresql',
    'postgres://u@127.0.0.1:5433/firn',
    'postgres://localhost/x',
  ])
    assert.equal(forgeAt(here), true, here)
  assert.equal(forgeAt('postgres://localhost/x', { FIRN_LOCAL_FORGE: 'false' }), false)
})

test('an empty variable counts as not set', () => {
  const read = readConfig({ FIRN_PORT: '', DATABASE_URL: '' })
  assert.ok('config' in read && read.config.port === 8080)
})

test('the help lists every option with its default', () => {
  for (const name of [
    'FIRN_STATE',
    'FIRN_HOST',
    'FIRN_PORT',
    'FIRN_PUBLIC_URL',
    'DATABASE_URL',
    'FIRN_BLOBS',
    'FIRN_LOCAL_FORGE',
    'FIRN_PRIVATE_FORGES',
    'FIRN_MIRRORS_MAX',
    'FIRN_WEB',
    'FIRN_DRAIN',
    'FIRN_AGENT_LOST_AFTER',
    'FIRN_LOG_LINES_MAX',
    'FIRN_LOG_MIB_MAX',
    'FIRN_LOG_LEVEL',
  ])
    assert.ok(describeOptions().includes(`  ${name}\n`), name)
})
