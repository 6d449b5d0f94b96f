/** For evaluations without a server: what they import is built on this machine, with what it needs. */
import { isSuccess, StoreError, StoreLost } from '@firn/nix/daemon/client'
import type { StorePool } from '@firn/nix/daemon/pool'
import { logLevel, logText, type TaskLog } from '../../report/task-log.ts'
import { logEntryOf } from '../log-events.ts'
import { withStore } from '../store-use.ts'
import type { ImportOutcome } from './imports.ts'

/** `awaitBuild` of `EvaluationPorts`; the builds' lines go to the log. */
export function buildImportsHere(pool: StorePool, log: TaskLog) {
  return async (drvPath: string, signal: AbortSignal): Promise<ImportOutcome> => {
    try {
      await logText(log, logLevel.info, `evaluation waits for the build of ${drvPath}`)
      const [result] = await withStore(pool, signal, (store) =>
        store.build([{ drvPath, outputs: '*' }], (event) => {
          const entry = logEntryOf(event)
          return entry && log(entry)
        }),
      )
      if (result !== undefined && isSuccess(result)) return { built: true }
      return { built: false, text: whyNot(drvPath, result?.status === 'DependencyFailed') }
    } catch (error) {
      if (error instanceof StoreLost || error instanceof StoreError) return { built: false, text: error.message }
      throw error
    }
  }
}

/** hercules-ci.md 1.13.6 */
export function whyNot(drvPath: string, dependency: boolean): string {
  const what = dependency ? 'a dependency of derivation' : 'derivation'
  return `Could not build ${what} ${drvPath}, which is required during evaluation.`
}
