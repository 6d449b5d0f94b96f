import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AgentSession, ClusterJoinToken, CreatedJoinToken } from '@firn/contract/api/agents'
import { openDesk } from '@firn/testkit/desk'
import { wanted } from '@firn/testkit/events'
import { listOf, openServerBench, type ServerBench } from '../testing/server-bench.ts'
import { startFirn } from '../testing/start-firn.ts'

let bench: ServerBench
before(async () => {
  bench = await openServerBench()
})
after(() => bench[Symbol.asyncDispose]())

/** Joins as an agent would. */
function join(token: string): Promise<Response> {
  const agentInfo = { hostname: 'x', agentVersion: 'x', nixVersion: '2.8', platforms: [], systemFeatures: [] }
  return fetch(`${bench.firn.url}/api/v1/agent/session`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ agentInfo }),
  })
}

test('agent list: what runs, where, and why nothing does', async () => {
  const hostname = 'idle\u001b[2J\none'
  using _ = await openDesk(bench.firn, { hostname, platforms: ['aarch64-linux'], systemFeatures: ['kvm'] })
  await bench.pushed(wanted('counted'))
  const task = await bench.desk.build()
  const { status, stdout, stderr } = await bench.run('agent', 'list')
  assert.equal(status, 0, stderr)
  assert.match(
    stdout,
    /^● puppet {2}online\n {2}x86_64-linux {2}agent puppet, Nix 2\.8\.0\n {2}1 of 2 slots in use\. 1 of 2 slots busy\.\n {4}◐ build counted {2}/m,
  )
  assert.match(stdout, /^● idle one {2}online\n {2}aarch64-linux kvm .*\n {2}0 of 2 slots in use\. Idle: /m)
  assert.doesNotMatch(stdout, /\u001b/)
  const json = listOf(AgentSession, (await bench.run('agent', 'list', '--json')).stdout)
  assert.deepEqual(
    json.find((agent) => agent.hostname === 'puppet')?.tasks.map(({ kind }) => kind),
    ['build'],
  )
  const { stderr: quiet } = await bench.into('head -1', 'agent', 'list').ended
  assert.equal(quiet, '')
  const coloured = await bench.onTerminal(['agent', 'list'])
  assert.match(coloured.stdout, /\u001b\[32m●/)
  assert.doesNotMatch((await bench.onTerminal(['agent', 'list'], { NO_COLOR: '1' })).stdout, /\u001b/)
  await bench.desk.puppet.sendStatus(task.id, { tag: 'Successful', contents: [] })
})

test('agent-token create prints the token alone; list has it, never its text; after revoke nobody joins', async () => {
  const nameless = await bench.run('agent-token', 'create', ' ')
  assert.equal(nameless.status, 2)
  assert.match(nameless.stderr, /description: must say what the token is for/)
  const made = await bench.run('agent-token', 'create', 'farm in the cellar')
  assert.equal(made.status, 0)
  assert.match(made.stdout, /^\S+\.\S+\.\S+\n$/)
  const token = made.stdout.trim()
  assert.match(made.stderr, /shown once/)
  assert.ok(!made.stderr.includes(token))
  assert.ok(made.stderr.includes(`apiBaseUrl = "${bench.firn.url}"`))
  assert.match(made.stderr, /npx firn agent --config agent\.toml\n/)
  const [, id = ''] = /firn agent-token revoke (\S+)/.exec(made.stderr) ?? []

  const list = await bench.run('agent-token', 'list')
  assert.match(list.stdout, new RegExp(`^${id}  0 agents +(?:just now|\\d+ s ago)  farm in the cellar$`, 'm'))
  assert.ok(!list.stdout.includes(token))
  const all = listOf(ClusterJoinToken, (await bench.run('agent-token', 'list', '--json')).stdout)
  assert.ok(all.some((one) => one.id === id))

  const before = await join(token)
  assert.notEqual(before.status, 401, await before.text())
  const revoked = await bench.run('agent-token', 'revoke', id)
  assert.deepEqual([revoked.status, revoked.stderr], [0, ''])
  assert.match(
    revoked.stdout,
    /^No agent can join with it any more: farm in the cellar\. Agents that have joined stay\.\n$/,
  )
  assert.equal((await join(token)).status, 401)
  const again = await bench.run('agent-token', 'revoke', id)
  assert.deepEqual([again.status, again.stdout], [2, ''])
  assert.match(again.stderr, /^firn: There is no join token /)
})

test('agent-token as JSON: what the API answers, on standard output', async () => {
  const made = await bench.run('agent-token', 'create', 'json', '--json', '--account', 'local/local')
  const { metadata, token } = CreatedJoinToken.parse(JSON.parse(made.stdout))
  assert.equal(metadata.description, 'json')
  assert.ok(token.length > 20)
  const revoked = await bench.run('agent-token', 'revoke', metadata.id, '--json')
  assert.equal(ClusterJoinToken.parse(JSON.parse(revoked.stdout)).id, metadata.id)
  const nobody = await bench.run('agent-token', 'list', '--account', 'nobody')
  assert.deepEqual([nobody.status, nobody.stdout], [2, ''])
  assert.match(nobody.stderr, /^firn: There is no account nobody\. There are:\n {2}local\/local\n$/)
  const empty = await bench.run('agent-token', 'create', ' ')
  assert.equal(empty.status, 2)
  assert.match(empty.stderr, /^firn: .*description/)
})

test('agent-token revoke --with-sessions ends the agents that joined with it', async () => {
  using desk = await openDesk(bench.firn, { hostname: 'dismissed' })
  const sessions = listOf(AgentSession, (await bench.run('agent', 'list', '--json')).stdout)
  const { clusterJoinTokenId: id } = sessions.find(({ hostname }) => hostname === 'dismissed') ?? assert.fail()
  const { status, stdout, stderr } = await bench.run('agent-token', 'revoke', id, '--with-sessions')
  assert.deepEqual([status, stderr], [0, ''])
  assert.match(stdout, /^No agent can join with it any more, and 1 session ended; /)
  await desk.line.closed
  const { stdout: list } = await bench.run('agent', 'list')
  assert.match(list, /dismissed {2}offline, last seen .*, revoked (just now|\d+ s ago)$/m)
  assert.match(list, /Offline: its session was revoked \d+ s ago\.$/m)
  const nothing = await bench.run('agent-token', 'revoke', '01a20417-be7b-7411-b41d-9c95cdad6ef8', '--with-sessions')
  assert.deepEqual([nothing.status, nothing.stdout], [2, ''])
  assert.match(nothing.stderr, /^firn: .*join token/)
})

test('agent-token revoke --with-sessions ends also what a token left that was revoked alone; list --all has it', async () => {
  using desk = await openDesk(bench.firn, { hostname: 'left over' })
  const sessions = listOf(AgentSession, (await bench.run('agent', 'list', '--json')).stdout)
  const { clusterJoinTokenId: id } = sessions.find(({ hostname }) => hostname === 'left over') ?? assert.fail()
  assert.equal((await bench.run('agent-token', 'revoke', id)).status, 0)
  assert.match((await bench.run('agent', 'list')).stdout, /left over {2}online, join token revoked /)
  assert.doesNotMatch((await bench.run('agent-token', 'list')).stdout, new RegExp(id))
  const all = await bench.run('agent-token', 'list', '--all')
  assert.match(all.stdout, new RegExp(`^${id}  1 agent +.*, revoked (just now|\\d+ s ago) +puppet$`, 'm'))
  for (const ended of ['1 session', '0 sessions']) {
    const { status, stdout, stderr } = await bench.run('agent-token', 'revoke', id, '--with-sessions')
    assert.deepEqual([status, stderr], [0, ''])
    assert.ok(stdout.startsWith(`No agent can join with it any more, and ${ended} ended; `), stdout)
  }
  await desk.line.closed
})

test('firn agent takes --config with and without its word run, and says when it is missing', async () => {
  for (const words of [['agent'], ['agent', 'run']]) {
    const missing = await bench.run(...words, '--config', '/nowhere/agent.toml')
    assert.equal(missing.status, 2)
    assert.match(missing.stderr, /\/nowhere\/agent\.toml/)
    const none = await bench.run(...words)
    assert.equal(none.status, 2)
    assert.match(none.stderr, /required option '--config <file>' not specified/)
  }
})

test('which server: --state before FIRN_URL before ./state; no server, a wrong token and half a setting are told', async () => {
  const { firn } = bench
  const asking = (env: Record<string, string>, ...args: string[]) =>
    startFirn(['job', 'list', ...args], { PATH: process.env.PATH, HOME: firn.stateFolder, ...env }).ended
  const there = { FIRN_URL: firn.url, FIRN_TOKEN: firn.token }
  const gone = { FIRN_URL: 'http://127.0.0.1:9', FIRN_TOKEN: 'x' }
  const cases: [Record<string, string>, string[], number, RegExp][] = [
    [there, [], 0, /^(No jobs\.\n)?$/],
    [{ ...there, FIRN_URL: `${firn.url}/` }, [], 0, /^(No jobs\.\n)?$/],
    [gone, ['--state', firn.stateFolder], 0, /^(No jobs\.\n)?$/],
    [gone, [], 2, /^firn: Firn does not answer at http:\/\/127\.0\.0\.1:9\. Is it running\?/],
    [{}, ['--state', '/nowhere'], 2, /^firn: There is no \/nowhere\/connection\.json\. Is Firn running/],
    [{ FIRN_URL: firn.url }, [], 2, /^firn: FIRN_URL is set and FIRN_TOKEN is not/],
    [{ FIRN_TOKEN: 'x' }, [], 2, /^firn: FIRN_TOKEN is set and FIRN_URL is not/],
    [{ FIRN_URL: 'ftp://x', FIRN_TOKEN: 'x' }, [], 2, /^firn: FIRN_URL must be the address of a Firn/],
    [
      { ...there, FIRN_TOKEN: 'wrong' },
      [],
      2,
      /^firn: This token is unknown or was revoked\. The token is that of FIRN_TOKEN\.\n$/,
    ],
  ]
  for (const [env, args, expected, sentence] of cases) {
    const { status, stderr } = await asking(env, ...args)
    assert.equal(status, expected, stderr)
    assert.match(stderr, sentence)
  }
})
