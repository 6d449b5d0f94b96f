/**
 * How much of a cluster one server can hold: 200 simulated agents in a process of their own, over real sockets and requests,
 * one job of 1,000, 10,000 and 100,000 derivations shaped like a package set, builds that take no time; server and
 * PostgreSQL (durable) beside them on the same machine.
 *
 * Each in the published form of the protocol, and as Firn's own agents tell builds that are over soon.
 *
 *   npm run bench cluster                                all of it, which takes a while
 *   node packages/testkit/bench/cluster.ts 1000 10000    these sizes
 *   node packages/testkit/bench/cluster.ts brief 1000    this form only
 *   node packages/testkit/bench/cluster.ts wait          how long a free slot waits while 50,000 are ready
 */
import { type CrowdSetting, type Measured, measureBuilds, measureWaits } from '../src/cluster/measure.ts'

const wanted = process.argv.slice(2)
const chosen = <T>(all: readonly T[]) => {
  const some = all.filter((each) => wanted.includes(String(each)))
  return some.length > 0 ? some : all
}
const forms = chosen(['published', 'brief'] as const)
const parts = chosen([1000, 10_000, 100_000, 'wait'] as const)
const crowdOf = (form: (typeof forms)[number]) => ({ agents: 200, slots: 4, form })

for (const size of parts.filter((part) => part !== 'wait'))
  for (const form of forms) print(crowdOf(form), size, await measureBuilds(crowdOf(form), size))
for (const form of parts.includes('wait') ? forms : []) {
  const { waitsMs, ready } = await measureWaits(crowdOf(form), 60_000)
  console.log(`${ready} builds ready, a build takes 2–6 s, ${form}`)
  console.log(`  a freed slot has its next build after   p50 ${at(waitsMs, 0.5)} ms   p99 ${at(waitsMs, 0.99)} ms`)
}

function print({ agents, slots, form }: CrowdSetting, size: number, measured: Measured): void {
  const { seconds, waitsMs, pages, peakMb, feedSeconds } = measured
  console.log(`${size} derivations, ${agents} agents of ${slots} slots, ${form}`)
  console.log(`  its findings taken in                   ${feedSeconds.toFixed(1)} s`)
  console.log(`  completed builds                        ${(size / seconds).toFixed(0)}/s   (${seconds.toFixed(1)} s)`)
  console.log(
    `  of the server's time, a build           ${measured.serverMsEach.toFixed(2)} ms of cpu, PostgreSQL ${measured.databaseMsEach.toFixed(2)} ms`,
  )
  console.log(
    `  a freed slot has its next build after   p50 ${at(waitsMs, 0.5)} ms   p99 ${at(waitsMs, 0.99)} ms   (saturated)`,
  )
  console.log(`  server, peak                            ${peakMb} MB`)
  for (const [name, { ms, bytes }] of Object.entries(pages))
    console.log(
      `  ${name.padEnd(38)}  p50 ${at(ms, 0.5)} ms   longest ${at(ms, 1)} ms   at most ${Math.ceil(bytes / 1024)} KiB`,
    )
}

function at(values: number[], share: number): string {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(0)
}
