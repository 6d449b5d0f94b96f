/**
 * How well the order of builds keeps a farm busy: graphs with known durations on simulated agents, placed by the decisions
 * that the server uses (core/queue). The makespan is compared with the ideal bound, the longer of the critical path and all
 * work spread over all slots, which no order can beat; beside it what other orders would take.
 *
 *   npm run bench schedule                              generated graphs
 *   FIRN_BENCH_GRAPH=graph.json npm run bench schedule  a recorded one: [{"seconds": 12, "inputs": [0, 3], "project": "a"}, …]
 */
import { readFile } from 'node:fs/promises'
import { criticalPaths } from '@firn/core/queue/critical-paths'
import { type AgentSlots, match, urgency } from '@firn/core/queue/match'
import { inOrder, type QueuedTask, type Share } from '@firn/core/queue/order'
import { z } from 'zod'

/** `inputs` are places in the list; they come before what needs them. */
type Build = { seconds: number; inputs: number[]; project: string }
const Recorded = z.array(
  z.object({ seconds: z.number(), inputs: z.array(z.number()), project: z.string().default('recorded') }),
)

/** Chance that is the same each time. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

/** Like a package set: a few that all need, many that need a handful of earlier ones; most quick, some very long. */
function packageSet(size: number, project: string, seed: number): Build[] {
  const next = chance(seed)
  return Array.from({ length: size }, (_, i) => {
    const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
    const count = i === 0 ? 0 : Math.min(i, 1 + Math.floor(next() * 6))
    const inputs = Array.from({ length: count }, () => Math.floor(i * next() ** (next() < 0.5 ? 3 : 0.5)))
    return { seconds: Math.exp(2.5 + 1.4 * normal), inputs: [...new Set(inputs)], project }
  })
}

function together(...sets: Build[][]): Build[] {
  const all: Build[] = []
  for (const set of sets) {
    const offset = all.length
    all.push(...set.map((build) => ({ ...build, inputs: build.inputs.map((input) => input + offset) })))
  }
  return all
}

function farm(agents: number, slots: number): AgentSlots[] {
  return Array.from({ length: agents }, (_, i) => ({
    id: `agent ${i}`,
    hostname: `agent ${i}`,
    platforms: ['x86_64-linux'],
    features: [],
    slots,
    free: slots,
    evaluations: 0,
    ahead: 0,
    refuses: null,
  }))
}

function edgesOf(builds: Build[]) {
  const pairs = builds.flatMap(({ inputs }, dependent) => inputs.map((input) => ({ dependent, input })))
  return {
    dependents: Int32Array.from(pairs, (pair) => pair.dependent),
    inputs: Int32Array.from(pairs, (pair) => pair.input),
  }
}

const ranks = {
  'critical path': (builds: Build[]) =>
    criticalPaths({ seconds: Float64Array.from(builds, (build) => build.seconds), ...edgesOf(builds) }),
  depth: (builds: Build[]) => criticalPaths({ seconds: new Float64Array(builds.length).fill(1), ...edgesOf(builds) }),
  age: (builds: Build[]) => new Float64Array(builds.length),
}

/** Seconds from the first start to the last end, and when each project had its last build. */
function simulate(builds: Build[], agents: AgentSlots[], rank: Float64Array) {
  const missing = builds.map((build) => build.inputs.length)
  const dependents = builds.map((): number[] => [])
  builds.forEach((build, i) => {
    for (const input of build.inputs) dependents[input]?.push(i)
  })
  const taskOf = (i: number): QueuedTask => ({
    id: String(i),
    kind: 'build',
    platform: 'x86_64-linux',
    features: [],
    urgency: urgency.ordinary,
    projectId: builds[i]?.project ?? '',
    rank: rank[i] ?? 0,
    queuedAt: i,
  })
  let queue = builds.flatMap((build, i) => (build.inputs.length === 0 ? [taskOf(i)] : []))
  const running: { ends: number; build: number; agent: AgentSlots }[] = []
  const shares = new Map<string, Share>()
  const ended = new Map<string, number>()
  const share = (project: string, running: number, seconds: number) => {
    const before = shares.get(project) ?? { running: 0, seconds: 0 }
    shares.set(project, { running: before.running + running, seconds: before.seconds + seconds })
  }
  let now = 0
  while (queue.length > 0 || running.length > 0) {
    const ordered = inOrder(queue, shares)
    const placed = new Set<string>()
    for (const { taskId, agentId } of match(ordered, agents)) {
      const build = builds[Number(taskId)]
      const agent = agents.find((one) => one.id === agentId)
      if (!build || !agent) continue
      placed.add(taskId)
      agent.free -= 1
      share(build.project, 1, 0)
      running.push({ ends: now + build.seconds, build: Number(taskId), agent })
    }
    queue = ordered.filter((task) => !placed.has(task.id))
    running.sort((a, b) => b.ends - a.ends)
    const done = running.pop()
    if (!done) break
    now = done.ends
    done.agent.free += 1
    const { project = '', seconds = 0 } = builds[done.build] ?? {}
    share(project, -1, seconds)
    ended.set(project, now)
    for (const above of dependents[done.build] ?? []) {
      missing[above] = (missing[above] ?? 0) - 1
      if (missing[above] === 0) queue.push(taskOf(above))
    }
  }
  return { makespan: now, ended }
}

function report(what: string, builds: Build[], [agents, slots]: [agents: number, slots: number]): void {
  const path = ranks['critical path'](builds).reduce((longest, each) => Math.max(longest, each), 0)
  const work = builds.reduce((sum, build) => sum + build.seconds, 0) / (agents * slots)
  const ideal = Math.max(path, work)
  const hours = (seconds: number) => `${(seconds / 3600).toFixed(2)} h`
  console.log(`${what}: ${builds.length} builds on ${agents} agents with ${slots} slots; at best ${hours(ideal)}`)
  for (const [order, rank] of Object.entries(ranks)) {
    const { makespan, ended } = simulate(builds, farm(agents, slots), rank(builds))
    const projects = ended.size > 1 ? `; ends ${[...ended].map(([name, at]) => `${name} ${hours(at)}`).join(', ')}` : ''
    console.log(`  ${order.padEnd(14)} ${hours(makespan)} = ${(makespan / ideal).toFixed(3)} x${projects}`)
  }
}

const file = process.env.FIRN_BENCH_GRAPH
if (file !== undefined) {
  const builds = Recorded.parse(JSON.parse(await readFile(file, 'utf8')))
  for (const size of [
    [1, 4],
    [16, 4],
  ] as const)
    report('recorded', builds, [...size])
} else {
  report('one package set', packageSet(6000, 'set', 1), [16, 4])
  report('one package set, few slots', packageSet(2000, 'set', 2), [2, 2])
  const eight = Array.from({ length: 8 }, (_, i) => packageSet(1500, `set ${i + 1}`, 10 + i))
  report('eight at once', together(...eight), [16, 4])
  report('a large and a small project', together(packageSet(4000, 'large', 3), packageSet(200, 'small', 4)), [4, 4])
}
