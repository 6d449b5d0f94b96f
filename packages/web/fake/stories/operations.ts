import type { Operations } from '@firn/contract/api/operations'
import { ago, idOf } from '../make.ts'

const at = { site: 'local', account: 'local' }

/** A farm with trouble: each kind of alert a person meets, an agent that is gone, an hour with a bad quarter. */
export function operations(): Operations {
  return {
    now: new Date().toISOString(),
    alerts: [
      {
        key: 'news-behind jobs',
        kind: 'news-behind',
        cause: 'The news for "jobs" is 2 min 4 s behind: the state of jobs may be shown late.',
        action: 'Look for errors in the log of the server, and restart it: nothing is lost by that.',
        since: null,
      },
      {
        key: 'no-agent aarch64',
        kind: 'no-agent',
        cause:
          '12 builds for aarch64-linux: the oldest has been waiting for 3 h 2 min. Waiting for agent: none for aarch64-linux is online; pi was last seen 3 h 4 min ago.',
        action: 'Start an agent that can do it, or cancel the jobs that ask for it.',
        since: ago(10_800),
      },
      {
        key: 'not-begun thinkpad',
        kind: 'not-begun',
        cause:
          'Agent thinkpad-of-somebody-with-a-name-that-is-longer-than-most was given 1 task 4 min ago and has not begun, though it has a free slot.',
        action:
          'Look at the log of the agent on thinkpad-of-somebody-with-a-name-that-is-longer-than-most. Restarting the agent gives its work to others at once.',
        since: ago(180),
      },
    ],
    agents: [
      agent('macmini', { online: false, platforms: ['aarch64-darwin', 'x86_64-darwin'], lastSeen: ago(40_000) }),
      agent('build01', { busy: 4 }),
      agent('build02', { slots: 2, busy: 2 }),
      agent('build03', { refuses: '812 MB free on /nix/store, needs 2048 MB' }),
      agent('thinkpad-of-somebody-with-a-name-that-is-longer-than-most', {
        slots: 8,
        busy: 1,
        platforms: ['aarch64-darwin'],
      }),
    ],
    queue: [
      {
        at,
        platform: 'aarch64-linux',
        requiredSystemFeatures: ['big-parallel'],
        waiting: 12,
        oldest: ago(10_900),
        because: 'Waiting for agent: none for aarch64-linux is online; pi was last seen 3 h 4 min ago.',
      },
      {
        at,
        platform: 'x86_64-linux',
        requiredSystemFeatures: [],
        waiting: 1204,
        oldest: ago(90),
        because: 'Waiting for a slot: all 6 slots of 2 suitable agents are busy.',
      },
    ],
    minutes: Array.from({ length: 60 }, (_, i) => ({
      at: ago((60 - i) * 60),
      built: Math.round(40 + 30 * Math.sin(i / 6)),
      failed: i % 17 === 0 ? 3 : 0,
      broken: i > 40 && i < 46 ? 6 : 0,
      evaluated: i % 5 === 0 ? 1 : 0,
      evaluationMs: i % 5 === 0 ? 12_000 + i * 900 : null,
    })),
    dispatch: { p50Ms: 9, p99Ms: 84 },
    databaseBytes: 812_000_000,
    logs: { logs: 312_411, lines: 48_210_334, bytes: 2_911_000_000 },
  }
}

function agent(hostname: string, part: Partial<Operations['agents'][number]>): Operations['agents'][number] {
  return {
    id: idOf(`agent ${hostname}`),
    hostname,
    at,
    online: true,
    slots: 4,
    busy: 0,
    platforms: ['x86_64-linux', 'i686-linux'],
    refuses: null,
    lastSeen: ago(4),
    ...part,
  }
}
