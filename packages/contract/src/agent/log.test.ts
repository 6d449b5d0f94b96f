import { checkGolden } from '../testing/golden.ts'
import { LogAgentFrame, LogServerFrame } from './log.ts'

checkGolden({
  title: '4.9.2 the first frame of a server on a log socket holds ServiceInfo without a tag',
  file: 'log-server-oob-service-info',
  schema: LogServerFrame,
  refused: { '': [{ tag: 'Msg', n: 0, p: { tag: 'Ping' } }], 'o.bulkSocketBaseURL': ['ws://127.0.0.1'] },
})

checkGolden({
  title: '4.9.2 Hello on a log socket',
  file: 'log-agent-oob-hello',
  schema: LogAgentFrame,
  refused: { 'o.tag': ['ServiceInfo'], 'o.contents.storeProtocolVersion': [1.37, '1.37'] },
})

checkGolden({
  title: '4.9.3 4.9.4 LogEntries with an entry of each kind; activities have numbers beyond 2^53',
  file: 'log-agent-msg-entries',
  schema: LogAgentFrame,
  either: ['p.contents.*.fields.*'],
  refused: {
    'p.contents.*': [{ tag: 'Line', i: 0, ms: 0 }, { tag: 'Stop', i: -1, ms: 0, act: 1 }, 'a line'],
    'p.contents.*.i': [-1, 0.5],
    'p.contents.*.ms': [-1],
    'p.contents.*.act': [-1],
    'p.contents.*.fields': [[null], [{}], [[1]]],
  },
  accepted: { 'p.contents.*.fields': [[], [1.8e19, -1, 0.5, '']] },
})

checkGolden({
  title: '4.9.6 empty LogEntries keep the socket alive',
  file: 'log-agent-msg-keep-alive',
  schema: LogAgentFrame,
})

checkGolden({
  title: '4.9.3 4.9.7b End, whose numbers stand beside its tag',
  file: 'log-agent-msg-end',
  schema: LogAgentFrame,
  refused: { p: [{ tag: 'End', contents: { i: 4, ms: 41 } }], 'p.i': [-1], 'p.ms': [-1] },
  accepted: { p: [{ tag: 'End', i: 0, ms: 0 }] },
})
