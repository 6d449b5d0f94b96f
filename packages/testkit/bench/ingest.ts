/**
 * How fast the server takes the findings of a large evaluation: 80,000 attributes, 120,000 derivations, 600,000 edges,
 * in the batches that agents send, while another job's small batches come in between; against PostgreSQL alone taking
 * the same number of rows by `insert … select` in the same run. Give a number to make it that many times smaller.
 */
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import pg from 'pg'
import { startTestPostgres } from '../src/database.ts'
import { drv, out } from '../src/events.ts'
import { memoryOf } from '../src/memory.ts'
import { joinPuppet, type Puppet, successful } from '../src/puppet-agent.ts'
import { openRepository } from '../src/repository.ts'
import { openState, type Up } from '../src/up.ts'

const smaller = Number(process.argv[2] ?? 1)
const derivations = 120_000 / smaller
const attributes = 80_000 / smaller
const inputsEach = 5
const batch = 1000

const rowsMs = await plainRows()
await using state = await openState()
const up = await state.start('--no-agent')
const puppet = await joinPuppet(up, { concurrentTasks: 8 })
const { line } = await puppet.connect()
const tasks = [await evaluation('big'), await evaluation('small')] as const

const serverPid = await up.part('server')
const done = new AbortController()
const bystander = watchBystander(puppet, tasks[1])
const begun = performance.now()
let sendMs = 0
for (const events of batches()) {
  const text = JSON.stringify(events)
  const sent = performance.now()
  const answer = await postText(up, puppet, tasks[0], text)
  sendMs += performance.now() - sent
  if (answer !== 204) throw new Error(`the server answered ${answer}`)
}
const wallMs = performance.now() - begun
done.abort()
const delays = await bystander
await puppet.sendStatus(tasks[0], successful)
const { peakMb } = await memoryOf(serverPid)
line.drop()

console.log(`ingest of ${attributes} attributes, ${derivations} derivations, ${derivations * inputsEach} edges`)
console.log(`  PostgreSQL alone, the same rows        ${(rowsMs / 1000).toFixed(1)} s`)
console.log(
  `  server, over HTTP                      ${(sendMs / 1000).toFixed(1)} s   ${(sendMs / rowsMs).toFixed(2)} ×   ${Math.round((derivations / sendMs) * 1000)} derivations/s`,
)
console.log(`  with making the events                 ${(wallMs / 1000).toFixed(1)} s`)
console.log(
  `  another job's batches meanwhile        ${delays.length}, median ${at(delays, 0.5)} ms, p99 ${at(delays, 0.99)} ms, longest ${at(delays, 1)} ms`,
)
console.log(`  peak memory of the server              ${peakMb} MB`)

async function evaluation(project: string): Promise<string> {
  await using repository = await openRepository()
  await repository.commit({ 'ci.nix': '{ }' })
  await repository.push(up.remote(project))
  const { payload } = await line.task()
  if (payload.tag !== 'StartEvaluation') throw new Error(`unexpected ${payload.tag}`)
  return payload.contents.id
}

/** Derivations that need earlier ones, their requests, and attributes for two thirds of them. */
function* batches(): Generator<EvaluateEvent[]> {
  let events: EvaluateEvent[] = []
  const name = (n: number) => `pkg-${n}`
  for (let n = 0; n < derivations; n++) {
    const needs = Array.from({ length: Math.min(n, inputsEach) }, (_, i) =>
      name(Math.floor((((n * 7919 + i * 104_729) % 1_000_003) / 1_000_003) * n)),
    )
    events.push({
      tag: 'DerivationInfo',
      contents: {
        derivationPath: drv(name(n)),
        platform: 'x86_64-linux',
        requiredSystemFeatures: [],
        inputDerivations: Object.fromEntries(needs.map((need) => [drv(need), ['out']])),
        inputSources: [],
        outputs: { out: { path: out(name(n)), isFixed: false } },
      },
    })
    events.push({ tag: 'BuildRequest', contents: { derivationPath: drv(name(n)), forceRebuild: false } })
    if (n % 3 !== 2 && attributes > 0)
      events.push({
        tag: 'Attribute',
        contents: { expressionPath: ['packages', name(n)], derivationPath: drv(name(n)), typ: 'Regular' },
      })
    if (events.length >= batch) {
      yield events.slice(0, batch)
      events = events.slice(batch)
    }
  }
  if (events.length > 0) yield events
}

async function postText(to: Up, by: Puppet, taskId: string, body: string): Promise<number> {
  const headers = { authorization: `Bearer ${by.sessionToken}`, 'content-type': 'application/json' }
  const answer = await fetch(`${to.url}/api/v1/tasks/${taskId}/eval`, { method: 'POST', headers, body })
  await answer.arrayBuffer()
  return answer.status
}

async function watchBystander(by: Puppet, taskId: string): Promise<number[]> {
  const delays: number[] = []
  for (let n = 0; !done.signal.aborted; n++) {
    const name = `other-${n}`
    const sent = performance.now()
    await by.sendEvents(taskId, [
      { tag: 'Attribute', contents: { expressionPath: [name], derivationPath: drv(name), typ: 'Regular' } },
    ])
    delays.push(performance.now() - sent)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return delays.sort((a, b) => a - b)
}

/** The same derivations, edges and attributes as bare rows: what the database itself takes for them. */
async function plainRows(): Promise<number> {
  await using server = await startTestPostgres()
  const client = new pg.Client({ connectionString: server.adminUrl })
  await client.connect()
  await client.query(`create table d (id bigint primary key, path text unique); create table e (a bigint references d, b bigint references d, primary key (a, b));
    create index on e (b); create table t (path text[], d bigint references d, key bytea primary key)`)
  const started = performance.now()
  for (let from = 0; from < derivations; from += batch / 3) {
    const to = Math.min(derivations, from + batch / 3)
    await client.query(
      `insert into d select n, '/nix/store/' || md5(n::text) || '-pkg.drv' from generate_series($1::int, $2::int) n on conflict do nothing`,
      [Math.ceil(from), Math.ceil(to) - 1],
    )
    await client.query(
      `insert into e select n, (n * 7919 + i * 104729) % greatest(n, 1) from generate_series($1::int, $2::int) n, generate_series(1, ${inputsEach}) i on conflict do nothing`,
      [Math.ceil(from), Math.ceil(to) - 1],
    )
    await client.query(
      `insert into t select array['packages', n::text], n, sha256(n::text::bytea) from generate_series($1::int, $2::int) n where n % 3 <> 2 on conflict do nothing`,
      [Math.ceil(from), Math.ceil(to) - 1],
    )
  }
  const tookMs = performance.now() - started
  await client.end()
  return tookMs
}

function at(sorted: number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(0)
}
