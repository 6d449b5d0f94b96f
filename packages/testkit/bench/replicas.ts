/**
 * Two servers, three agents, a repository on a Git host, and servers killed at random for two minutes. Not a measurement but a trial:
 * it ends with status 1 where anything was lost, built twice, or stuck. `npm run bench replicas`, or with seconds and a seed:
 * `node packages/testkit/bench/replicas.ts 600 7`.
 */
import { disturbReplicas, killAtRandom } from '../src/disturb-replicas.ts'

const [seconds = 120, seed = Date.now() % 100_000] = process.argv.slice(2).map(Number)
console.log(`two servers, three agents, kills for ${seconds} s, seed ${seed}`)
const { problems, ...counts } = await disturbReplicas({
  seconds,
  replicas: 2,
  agents: 3,
  settleMs: 600_000,
  disturb: killAtRandom(seed),
})
for (const [what, count] of Object.entries(counts)) console.log(`  ${what.padEnd(12)} ${count}`)
for (const problem of problems) console.log(`  ✕ ${problem}`)
console.log(problems.length === 0 ? 'nothing lost, nothing built twice, nothing stuck' : `${problems.length} problems`)
if (problems.length > 0) process.exitCode = 1
