/**
 * A build task: one derivation, whose inputs are in the store already (the server sees to the order), built through a
 * kept connection to the Nix daemon; log lines live, outputs reported (hercules-ci.md 4.7, 4.10).
 */
import type { BuildEvent } from '@firn/contract/agent/build-event'
import type { TaskStatus } from '@firn/contract/agent/task'
import { type BuildResult, type StoreConnection, StoreError, StoreLost } from '@firn/nix/daemon/client'
import type { StorePool } from '@firn/nix/daemon/pool'
import { logLevel, logText, type TaskLog } from '../report/task-log.ts'
import { type BuildWork, missingInputs } from './build/inputs.ts'
import { judgeBuild } from './build/judge.ts'
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
  const [result] = await store.build([{ drvPath: work.derivationPath, outputs: '*' }], (event) => {
    if (event.kind === 'message' && event.level === 0) told.add(event.text)
    const entry = logEntryOf(event)
    return entry && ports.log(entry.tag === 'Msg' ? { ...entry, msg: withoutQuotedLog(entry.msg) } : entry)
  })
  if (result === undefined) return exceptional('the Nix store gave no result')
  if (wasThere(result)) await tellKeptLog(ports, work.derivationPath)
  return await report(store, ports, { result, told })
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
  built: { result: BuildResult; told: Set<string> },
): Promise<TaskStatus> {
  const { result, told } = built
  const verdict = judgeBuild(result, [...told], store.settings)
  if (verdict.is === 'broken') return exceptional(verdict.reason)
  if (verdict.is === 'failed') {
    if (![...told].some((text) => text.includes(result.errorText)))
      await logText(ports.log, logLevel.error, withoutQuotedLog(verdict.reason))
    const reply = await ports.emit([{ tag: 'Done', contents: false }])
    return reply.ok ? failed(verdict.failure) : exceptional(reply.reason)
  }
  const outputs = await describeOutputs(store, result.drvPath)
  if ('missing' in outputs) return exceptional(`the build succeeded, but ${outputs.missing} is not in the store`)
  const pushed = (await ports.push?.(outputs.paths)) ?? { ok: true, caches: [] }
  if (!pushed.ok) return exceptional(`the build succeeded, but its outputs ${pushed.reason}`)
  const pushes = pushed.caches.map((cache) => ({ tag: 'Pushed' as const, contents: { cache } }))
  const reply = await ports.emit([...outputs.events, ...pushes, { tag: 'Done', contents: true }])
  return reply.ok ? successful : exceptional(`the outputs could not be reported: ${reply.reason}`)
}
