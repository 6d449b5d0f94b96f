import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkGolden } from '../testing/golden.ts'
import { AgentInfo, CreateSession, JoinTokenClaims, ServiceInfo, SessionClaims } from './session.ts'

checkGolden({
  title: '4.3.4 10.16 ServiceInfo: addresses are http or https, never ws or wss',
  file: 'service-info',
  schema: ServiceInfo,
  refused: {
    version: [[2], [2, 0, 1], ['2', '0'], '2.0'],
    agentSocketBaseURL: ['wss://agent-socket.ci.example.org', 'ws://127.0.0.1', 'agent-socket.ci.example.org', ''],
    bulkSocketBaseURL: ['wss://bulk-socket.ci.example.org'],
  },
  accepted: { agentSocketBaseURL: ['http://127.0.0.1:8080'], version: [[2, 1]] },
})

checkGolden({
  title: '4.3.5 4.3.6 the body that asks for a session',
  file: 'create-session',
  schema: CreateSession,
  defaults: {
    'agentInfo.nixClientProtocolVersion': 0,
    'agentInfo.nixDaemonProtocolVersion': 0,
    'agentInfo.cachixPushCaches': [],
    'agentInfo.pushCaches': [],
    'agentInfo.substituters': [],
    'agentInfo.concurrentTasks': 2,
    'agentInfo.labels': {},
  },
  maps: ['agentInfo.labels'],
  free: ['agentInfo.labels.*'],
  refused: {
    'agentInfo.concurrentTasks': [0, -1, 1.5, 1e9, 'auto'],
    'agentInfo.hostname': ['x'.repeat(254)],
    'agentInfo.platforms': [Array(101).fill('x86_64-linux')],
  },
})

test('4.3.6 what an old agent leaves out has its default', () => {
  const old = { hostname: 'h', agentVersion: '0.8', nixVersion: '2.8', platforms: ['x86_64-linux'], systemFeatures: [] }
  assert.deepEqual(AgentInfo.parse(old), {
    ...old,
    nixClientProtocolVersion: 0,
    nixDaemonProtocolVersion: 0,
    cachixPushCaches: [],
    pushCaches: [],
    substituters: [],
    concurrentTasks: 2,
    labels: {},
  })
})

test('4.4.12 what a newer agent adds is left aside', () => {
  const added = { hostname: 'h', agentVersion: '9', nixVersion: '3', platforms: [], systemFeatures: [], mood: 'fine' }
  assert.equal('mood' in AgentInfo.parse(added), false)
})

checkGolden({
  title: '4.3.5 claims of a session token: parent is the join token it came from',
  file: 'session-claims',
  schema: SessionClaims,
  optional: ['iat'],
  refused: { iat: [-1, 1.5] },
})

checkGolden({
  title: '4.2.3 claims of a join token: sub is t$ and its id',
  file: 'join-token-claims',
  schema: JoinTokenClaims,
  optional: ['iat'],
  refused: { sub: ['0193a5bd-1111-7222-8333-444455556666', 's$x', ''] },
})
