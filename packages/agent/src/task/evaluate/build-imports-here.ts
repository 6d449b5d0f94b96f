/** For evaluations without a server: what they import is built on this machine, with what it needs. */
import { isSuccess, StoreError, StoreLost } from '@firn/nix/daemon/client'
import type { StorePool } from '@firn/nix/daemon/pool'
import { logLevel, logText, type TaskLog } from '../../report/task-log.ts'
import { logEntryOf } from '../log-events.ts'
import { withStore } from '../store-use.ts'
import type { ImportOutcome } from './imports.ts'

/** `awaitBuild` of `EvaluationPorts`; the builds' lines and why one failed go to the log. */
export function buildImportsHere(pool: StorePool, log: TaskLog) {
  return async (drvPath: string, signal: AbortSignal): Promise<ImportOutcome> => {
    await logText(log, logLevel.info, `evaluation waits for the build of ${drvPath}`)
    const result = await build(pool, { drvPath, log, signal })
    if (result.is === 'built') return { built: true }
    // Why a dependency failed is among the lines that Nix has said meanwhile.
    if (result.is === 'failed') await logText(log, logLevel.error, `error: ${result.why.replace(/^error: /, '')}`)
    return { built: false, text: whyNot(drvPath, result.is === 'dependencyFailed') }
  }
}

type Built = { is: 'built' } | { is: 'failed'; why: string } | { is: 'dependencyFailed' }

type Building = { drvPath: string; log: TaskLog; signal: AbortSignal }

async function build(pool: StorePool, { drvPath, log, signal }: Building): Promise<Built> {
  try {
    const [result] = await withStore(pool, signal, (store) =>
      store.build([{ drvPath, outputs: '*' }], (event) => {
        const entry = logEntryOf(event)
        return entry && log(entry)
      }),
    )
    if (result?.status === 'DependencyFailed') return { is: 'dependencyFailed' }
    if (result !== undefined && isSuccess(result)) return { is: 'built' }
    return { is: 'failed', why: result?.errorText || `the build ended with ${result?.status ?? 'no result'}` }
  } catch (error) {
    if (error instanceof StoreLost || error instanceof StoreError) return { is: 'failed', why: error.message }
    throw error
  }
}

/** hercules-ci.md 1.13.6 */
export function whyNot(drvPath: string, dependency: boolean): string {
  const what = dependency ? 'a dependency of derivation' : 'derivation'
  return `Could not build ${what} ${drvPath}, which is required during evaluation.`
}
