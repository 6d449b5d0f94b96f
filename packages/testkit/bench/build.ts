/**
 * What Firn adds to builds: trivial derivations, built by Firn's one agent, and by one `nix-store --realise` with as many jobs
 * as the agent has slots, in the same run under the same settings (sandbox on): 200 in ten layers of twenty, and 1,000 in 25 of
 * forty.
 *
 *   npm run bench build
 *   node packages/testkit/bench/build.ts 10 20    this many layers of this width
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { layeredProject } from '../src/fixtures.ts'
import { openNixConfig } from '../src/nix-config.ts'
import { openRepository } from '../src/repository.ts'
import { openState, type Up } from '../src/up.ts'
import { finishedCommit } from '../src/wait.ts'

const run = promisify(execFile)
type Size = { layers: number; width: number }

const [layers, width] = process.argv.slice(2).map(Number)
const sizes: Size[] =
  layers === undefined || width === undefined
    ? [
        { layers: 10, width: 20 },
        { layers: 25, width: 40 },
      ]
    : [{ layers, width }]
const slots = Math.max(2, availableParallelism())
const graph = (size: Size) => layeredProject({ ...size, seconds: 0 })

for (const size of sizes) print(size, await realise(size), await push(size))

function print({ layers, width }: Size, nixMs: number, firn: Awaited<ReturnType<typeof push>>): void {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
  const against = (ms: number) => `${seconds(ms)}   ${(ms / nixMs).toFixed(2)} ×`
  console.log(`${layers * width} trivial derivations, ${slots} slots`)
  console.log(`  nix-store --realise -j${slots}        ${seconds(nixMs)}`)
  console.log(`  Firn, first build to last    ${against(firn.buildsMs)}`)
  console.log(`  Firn, push to finished       ${against(firn.totalMs)}`)
  console.log('where the time went')
  for (const [part, ms] of Object.entries(firn.parts)) console.log(`  ${part.padEnd(28)} ${seconds(ms)}`)
  console.log('for each derivation, median')
  for (const [part, ms] of Object.entries(firn.medians)) console.log(`  ${part.padEnd(28)} ${ms.toFixed(0)} ms`)
}

/** Evaluation is not measured here: the derivations are there when Nix begins. */
async function realise(size: Size): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'firn-bench-'))
  await using nix = await openNixConfig()
  const env = { ...process.env, NIX_CONF_DIR: nix.folder }
  try {
    const file = join(folder, 'ci.nix')
    await writeFile(file, graph(size))
    const expression = `builtins.attrValues (((import ${file}).herculesCI { }).onPush.default.outputs)`
    const { stdout } = await run('nix-instantiate', ['-E', expression], { env, maxBuffer: 1e8 })
    const begun = performance.now()
    await run('nix-store', ['--realise', `-j${slots}`, ...new Set(stdout.trim().split('\n'))], { env, maxBuffer: 1e8 })
    return performance.now() - begun
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function push(size: Size) {
  await using state = await openState()
  const up = await state.start()
  await using repository = await openRepository()
  const rev = await repository.commit({ 'ci.nix': graph(size) })
  const begun = performance.now()
  await repository.push(up.remote('bench'))
  const pushedMs = performance.now() - begun
  const { jobs } = await finishedCommit(up.client, 'bench', rev, 600_000)
  const totalMs = performance.now() - begun
  const [config, build] = jobs
  if (config === undefined || build === undefined || build.jobStatus !== 'Success')
    throw new Error(`not green: ${build?.because}`)
  const { timeline } = await up.client.firn.jobOverview({ id: build.id })
  const at = (time: string | null) => Date.parse(time ?? '')
  const result = {
    totalMs,
    buildsMs: at(timeline.endedAt) - at(timeline.buildsStartedAt),
    parts: {
      push: pushedMs,
      'configuration job': at(config.endTime) - at(config.startTime),
      'evaluation of the handler': at(timeline.evaluationEndedAt) - at(timeline.queuedAt),
    },
    medians: await medians(up, build.id),
  }
  await up.interrupt()
  return result
}

async function medians(up: Up, jobId: string) {
  const [account] = await up.client.accounts.list({})
  const { items } = await up.client.firn.attributes({ id: jobId, limit: 500 })
  const waits: number[] = []
  const builds: number[] = []
  for (const { derivationPath } of items) {
    const { events } = await up.client.derivations.get({ id: account?.id ?? '', drv: derivationPath ?? '' })
    const times = new Map(
      events
        .flat()
        .flatMap((event) => Object.entries(event).map(([kind, { time }]) => [kind, Date.parse(time)] as const)),
    )
    const at = (kind: string) => times.get(kind) ?? Number.NaN
    waits.push(at('Started') - at('Queued'))
    builds.push(at('Succeeded') - at('Started'))
  }
  return { 'queued → started (dispatch)': median(waits), 'started → reported (build)': median(builds) }
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
