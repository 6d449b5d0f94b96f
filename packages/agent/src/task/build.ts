/**
 * A build task: one derivation, whose inputs are in the store already (the server sees to the order), built through a
 * kept connection to the Nix daemon; log lines live, outputs reported (hercules-ci.md 4.7, 4.10).
 */
import type { BuildEvent } from '@firn/contract/agent/build-event'
import type { TaskStatus } from '@firn/contract/agent/task'
import { type BuildResult, type StoreConnection, StoreError, StoreLost } from '@firn/nix/daemon/client'
import { activityTypes } from '@firn/nix/daemon/events'
import type { StorePool } from '@firn/nix/daemon/pool'
import { logLevel, logText, type TaskLog } from '../report/task-log.ts'
import { type BuildWork, missingInputs } from './build/inputs.ts'
import { judgeBuild, type Verdict } from './build/judge.ts'
import { judgeError } from './build/judge-error.ts'
import { keptEntry } from './build/kept-log.ts'
import { describeOutputs } from './build/outputs.ts'
import { withoutQuotedLog } from './build/quoted-log.ts'
import { logEntryOf } from './log-events.ts'
import { exceptional, failed, successful } from './status.ts'
import { withStore } from './store-use.ts'

export type BuildPorts = {
  pool: StorePool
  log: TaskLog
  /** Reports what was built; the reason when it is not taken. */
  emit: (events: BuildEvent[]) => Promise<{ ok: true } | { ok: false; reason: string }>
  /** Puts the outputs, with their closure, into every cache; answers the caches' names, or why it could not. */
  push?: (paths: readonly string[]) => Promise<{ ok: true; caches: string[] } | { ok: false; reason: string }>
  /** the lines that the store kept of an earlier build of it */
  keptLog?: (drvPath: string) => AsyncIterable<string>
  /** the server understands what Firn adds to the protocol: missing inputs are told by path, and built again */
  extended?: boolean
  signal: AbortSignal
}

/** Ends the builder's processes when the signal is aborted. Needs no server. */
export async function runBuild(ports: BuildPorts, work: BuildWork): Promise<TaskStatus> {
  try {
    return await withStore(ports.pool, ports.signal, (store) => buildWith(store, ports, work))
  } catch (error) {
    if (ports.signal.aborted) return exceptional('the build was stopped')
    if (error instanceof StoreLost) return exceptional(`the connection to the Nix store was lost: ${error.message}`)
    if (error instanceof StoreError) return exceptional(`the Nix store refused: ${error.message}`)
    throw error
  }
}

async function buildWith(store: StoreConnection, ports: BuildPorts, work: BuildWork): Promise<TaskStatus> {
  const missing = await missingInputs(store, work)
  if (missing !== undefined) {
    const { reason, inputs: paths } = missing
    if (ports.extended && paths.length > 0) await ports.emit([{ tag: 'FirnMissingInputs', contents: { paths } }])
    return exceptional(reason)
  }
  const told = new Set<string>()
  const verdict = await attempt(store, ports, { drvPath: work.derivationPath, told })
  return await report(store, ports, { drvPath: work.derivationPath, told, verdict })
}

/** @param told takes what Nix says at level error meanwhile */
async function attempt(
  store: StoreConnection,
  ports: BuildPorts,
  { drvPath, told }: { drvPath: string; told: Set<string> },
): Promise<Verdict> {
  let begun = false
  try {
    const [result] = await store.build([{ drvPath, outputs: '*' }], (event) => {
      if (event.kind === 'start' && event.type === activityTypes.build) begun = true
      if (event.kind === 'message' && event.level === 0) told.add(event.text)
      const entry = logEntryOf(event)
      return entry && ports.log(entry.tag === 'Msg' ? { ...entry, msg: withoutQuotedLog(entry.msg) } : entry)
    })
    if (result === undefined) return { is: 'broken', reason: 'the Nix store gave no result' }
    if (wasThere(result)) await tellKeptLog(ports, drvPath)
    return judgeBuild(result, [...told], store.settings)
  } catch (error) {
    const byStore = error instanceof StoreError || error instanceof StoreLost
    if (!byStore || ports.signal.aborted) throw error
    return judgeError(error, begun)
  }
}

const wasThere = ({ status }: BuildResult) => status === 'AlreadyValid' || status === 'ResolvesToAlreadyValid'

/**
 * Its outputs are in the store, so it was built here: as a rule by an agent that was killed before it could report, and the
 * lines of that build are still wanted.
 */
async function tellKeptLog({ log, keptLog }: BuildPorts, drvPath: string): Promise<void> {
  await logText(log, logLevel.info, "The outputs were in this agent's store already: nothing was built now.")
  if (keptLog === undefined) return
  let first = true
  for await (const line of keptLog(drvPath)) {
    if (first) await logText(log, logLevel.info, 'What the store kept of the log of the build that made them:')
    first = false
    await log(keptEntry(line))
  }
}

async function report(
  store: StoreConnection,
  ports: BuildPorts,
  { drvPath, told, verdict }: { drvPath: string; told: ReadonlySet<string>; verdict: Verdict },
): Promise<TaskStatus> {
  if (verdict.is === 'broken') return exceptional(verdict.reason)
  if (verdict.is === 'failed') {
    if (![...told].some((text) => text.includes(verdict.reason)))
      await logText(ports.log, logLevel.error, withoutQuotedLog(verdict.reason))
    const reply = await ports.emit([{ tag: 'Done', contents: false }])
    return reply.ok ? failed(verdict.failure) : exceptional(reply.reason)
  }
  const outputs = await describeOutputs(store, drvPath)
  if ('missing' in outputs) return exceptional(`the build succeeded, but ${outputs.missing} is not in the store`)
  const pushed = (await ports.push?.(outputs.paths)) ?? { ok: true, caches: [] }
  if (!pushed.ok) return exceptional(`the build succeeded, but its outputs ${pushed.reason}`)
  const pushes = pushed.caches.map((cache) => ({ tag: 'Pushed' as const, contents: { cache } }))
  const reply = await ports.emit([...outputs.events, ...pushes, { tag: 'Done', contents: true }])
  return reply.ok ? successful : exceptional(`the outputs could not be reported: ${reply.reason}`)
}
