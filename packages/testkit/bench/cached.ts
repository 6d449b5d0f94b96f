/**
 * What is there already: 2,000 derivations that the store has, pushed to a new installation. Then 200 builds whose outputs
 * go to a `file://` cache, against the same without one.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startAgent } from '../src/agent.ts'
import { openFileCache } from '../src/file-cache.ts'
import { layeredProject } from '../src/fixtures.ts'
import { startInstallation } from '../src/installation.ts'
import { openNixConfig } from '../src/nix-config.ts'
import { openRepository } from '../src/repository.ts'
import { finishedCommit } from '../src/wait.ts'

const run = promisify(execFile)
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`.padStart(8)

const graph = layeredProject({ layers: 40, width: 50, seconds: 0 })
await realise(graph)
const first = await push(graph)
console.log('2,000 derivations that are all there, in a new installation')
console.log(`  push to green                ${seconds(first.totalMs)}`)
console.log(`  evaluation of the handler    ${seconds(first.evaluationMs)}`)
console.log(`  its end to green             ${seconds(first.afterMs)}   ${first.builds} builds`)

const small = () => layeredProject({ layers: 10, width: 20, seconds: 0 })
await using cache = await openFileCache()
const without = await push(small())
const pushed = small()
const into = await push(pushed, cache.caches)
const from = await push(pushed, cache.caches)
console.log('200 trivial builds, 2 slots')
console.log(`  no cache                     ${seconds(without.totalMs)}`)
console.log(
  `  pushed to a file:// cache    ${seconds(into.totalMs)}   ${((into.totalMs - without.totalMs) / 200).toFixed(0)} ms a build more`,
)
console.log(`  again, all in the cache      ${seconds(from.totalMs)}   ${from.builds} builds`)

async function realise(text: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'firn-bench-'))
  await using nix = await openNixConfig()
  const env = { ...process.env, NIX_CONF_DIR: nix.folder }
  try {
    await writeFile(join(folder, 'ci.nix'), text)
    const expression = `builtins.attrValues (((import ${folder}/ci.nix).herculesCI { }).onPush.default.outputs)`
    const { stdout } = await run('nix-instantiate', ['-E', expression], { env, maxBuffer: 1e8 })
    await run('nix-store', ['--realise', '-j2', ...new Set(stdout.trim().split('\n'))], { env, maxBuffer: 1e8 })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function push(text: string, caches?: object) {
  await using firn = await startInstallation()
  await using _agent = await startAgent(firn, { ...(caches && { caches }) })
  await using repository = await openRepository()
  const rev = await repository.commit({ 'ci.nix': text })
  const begun = performance.now()
  await repository.push(firn.remote('bench'))
  const { jobs } = await finishedCommit(firn.client, 'bench', rev, 600_000)
  const totalMs = performance.now() - begun
  const job = jobs.at(-1)
  if (job?.jobStatus !== 'Success') throw new Error(`not green: ${job?.because}`)
  const { timeline } = await firn.client.firn.jobOverview({ id: job.id })
  const [queued, ended, done] = [timeline.queuedAt, timeline.evaluationEndedAt, timeline.endedAt].map((time) =>
    Date.parse(time ?? ''),
  )
  return {
    totalMs,
    evaluationMs: (ended ?? Number.NaN) - (queued ?? Number.NaN),
    afterMs: (done ?? Number.NaN) - (ended ?? Number.NaN),
    builds: timeline.buildsStartedAt === null ? 'no' : 'some',
  }
}
