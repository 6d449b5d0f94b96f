import type { AgentSession } from '@firn/contract/api/agents'
import { pages } from '@firn/contract/paths'
import { ago, drvPath, idOf, localAccount } from '../make.ts'
import type { World } from '../world.ts'

const at = { site: 'local', account: 'local' }

function agent(hostname: string, part: Partial<AgentSession>): AgentSession {
  return {
    id: idOf(`agent ${hostname}`),
    clusterJoinTokenId: idOf('token farm'),
    description: '',
    hostname,
    agentVersion: 'firn-agent-0.1.0',
    nixVersion: '2.34.1',
    platforms: ['x86_64-linux', 'i686-linux'],
    systemFeatures: ['kvm', 'nixos-test', 'big-parallel', 'benchmark'],
    cachixPushCaches: [],
    pushCaches: [],
    substituters: ['https://cache.nixos.org'],
    creation: ago(86_400 * 3),
    lastSeen: ago(4),
    revocation: null,
    available: true,
    concurrentTasks: 4,
    labels: {},
    online: true,
    tasks: [],
    because: 'Idle: nothing waits that it can do.',
    load: null,
    ...part,
  }
}

const build = (name: string, seconds: number) => ({
  id: idOf(`task ${name}`),
  kind: 'build' as const,
  since: ago(seconds),
  label: name,
  derivationPath: drvPath(name),
  href: pages.derivation(at, drvPath(name)),
})

/** Two that work (one with tasks ahead), one idle, one that has not been seen for two days. */
export function agents(world: World): void {
  const evaluate = {
    id: idOf('task evaluate'),
    kind: 'evaluate' as const,
    since: ago(73),
    label: 'firmware-tools job 31',
    derivationPath: null,
    href: pages.job({ ...at, project: 'firmware-tools' }, 31),
  }
  world.agents.push(
    agent('build01', { tasks: [evaluate, build('linux-6.18', 41)], because: 'Evaluates 1 job, builds 1 derivation.' }),
    agent('build02', {
      nixVersion: '2.8.0',
      concurrentTasks: 2,
      tasks: [build('openocd-0.13', 70), ...['newlib-4.6', 'ninja-1.13', 'meson-1.9'].map((name) => build(name, 4))],
      because: 'All 2 slots busy, 2 tasks to begin next.',
      labels: { room: 'cellar', module: 'firn' },
    }),
    agent('thinkpad', {
      systemFeatures: [],
      concurrentTasks: 8,
      available: false,
      because: 'Takes no work: 300 MB free on /nix/store, needs 1024 MB.',
      load: {
        average: 0.4,
        cpus: 8,
        memory: { freeMegabytes: 9000, totalMegabytes: 16_000 },
        disks: [{ path: '/nix/store', freeMegabytes: 300, needsMegabytes: 1024 }],
        draining: false,
      },
    }),
    agent('macmini', {
      platforms: ['aarch64-darwin', 'x86_64-darwin'],
      systemFeatures: ['apple-virt'],
      online: false,
      available: false,
      lastSeen: ago(86_400 * 2),
      because: 'Not connected since two days; its last task was given back.',
    }),
  )
  world.tokens.push({
    id: idOf('token farm'),
    ownerId: localAccount,
    creationTime: ago(86_400 * 3),
    description: 'farm in the cellar',
    revocation: null,
  })
}
