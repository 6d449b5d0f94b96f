import { checkGolden, type Golden } from '../testing/golden.ts'
import { AgentFrame, ServerFrame } from './socket.ts'

const agent = (golden: Omit<Golden, 'schema'>) => checkGolden({ ...golden, schema: AgentFrame })
const server = (golden: Omit<Golden, 'schema'>) => checkGolden({ ...golden, schema: ServerFrame })

/** Of the Hello in either frame. */
function hello(at: string): Pick<Golden, 'defaults' | 'maps' | 'free'> {
  const info = `${at}.contents.agentInfo`
  return {
    defaults: {
      [`${info}.nixClientProtocolVersion`]: 0,
      [`${info}.nixDaemonProtocolVersion`]: 0,
      [`${info}.cachixPushCaches`]: [],
      [`${info}.pushCaches`]: [],
      [`${info}.substituters`]: [],
      [`${info}.concurrentTasks`]: 2,
      [`${info}.labels`]: {},
    },
    maps: [`${info}.labels`],
    free: [`${info}.labels.*`],
  }
}

agent({
  title: '4.4.3 Hello, out of band, opens the conversation',
  file: 'agent-oob-hello',
  ...hello('o'),
  refused: {
    'o.contents.tasksInProgress': [['7'], [null]],
    'o.contents.startInfo.id': ['1', ''],
    'o.contents.startInfo.startTime': ['yesterday', '2026-03-05', '2026-03-05T06:07:08'],
  },
  accepted: { 'o.contents.tasksInProgress': [[]], 'o.contents.startInfo.startTime': ['2026-03-05T06:07:08Z'] },
})

agent({ title: '4.4.6 Hello as a message', file: 'agent-msg-hello', ...hello('p') })

agent({
  title: '4.4.2 4.4.6 Ping, in a numbered frame',
  file: 'agent-msg-ping',
  refused: { tag: ['msg', 'Message', ''], n: [-1, 0.5, '0', 2 ** 53], p: [{}, [], { tag: 'Pong' }, { contents: {} }] },
})

agent({
  title: '4.4.6 Started',
  file: 'agent-msg-started',
  refused: {
    'p.contents.taskId': ['not-a-uuid', ''],
    'p.contents': [{ task: '0193a5c0-7d1e-7f3a-9b52-3f1c2a7d9e04' }],
  },
})

agent({ title: '4.4.6 4.4.10 Cancelled', file: 'agent-msg-cancelled' })

const frames = [
  ['an agent', AgentFrame],
  ['a server', ServerFrame],
] as const
for (const [sender, schema] of frames) {
  checkGolden({
    title: `4.4.4 Ack of ${sender}`,
    file: 'frame-ack',
    schema,
    refused: { n: [-2, 0.5], '': ['Ack', null, [], {}, { n: 41 }] },
  })
  checkGolden({ title: `4.4.3 Ack of ${sender} that has received nothing`, file: 'frame-ack-nothing', schema })
  checkGolden({ title: `4.4.2 4.4.3 Exception of ${sender}`, file: 'frame-exception', schema })
}

server({
  title: '4.4.3 ServiceInfo, out of band, is the first frame of a server',
  file: 'server-oob-service-info',
  refused: { 'o.contents.agentSocketBaseURL': ['wss://agent-socket.ci.example.org'], 'o.tag': ['Hello', 'Ping'] },
})

const source = {
  optional: ['webURL', 'forgeType', 'owner', 'name'].map((key) => `p.contents.inputs.*.contents.${key}`),
}

server({
  title: '4.4.7 4.5.1 StartEvaluation holds the whole task',
  file: 'server-msg-start-evaluation',
  optional: [
    ...source.optional,
    'p.contents.autoArguments.*.subPath',
    'p.contents.nixPath.*.prefix',
    'p.contents.nixPath.*.value.subPath',
    'p.contents.ciSystems',
    'p.contents.extraGitCredentials',
  ],
  defaults: { 'p.contents.primaryInput': '' },
  maps: ['otherInputs', 'inputMetadata', 'inputMetadata.*', 'inputs', 'autoArguments', 'ciSystems'].map(
    (key) => `p.contents.${key}`,
  ),
  free: ['p.contents.inputMetadata.*.*'],
})

server({ title: '4.4.7 4.5.5 StartBuild holds the whole task', file: 'server-msg-start-build' })

server({
  title: '4.4.7 4.5.6 StartEffect holds the whole task',
  file: 'server-msg-start-effect',
  defaults: { 'p.contents.serverSecrets': {} },
  maps: ['p.contents.serverSecrets', 'p.contents.serverSecrets.*'],
  free: ['p.contents.serverSecrets.*.*'],
})

server({
  title: '4.4.7 Cancel',
  file: 'server-msg-cancel',
  refused: { 'p.tag': ['Started', 'Cancelled', 'Ping'], 'p.contents.taskId': ['7'] },
})
