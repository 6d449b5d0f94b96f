/** Waits for derivations that an evaluation imports from, built by the cluster (hercules-ci.md 1.13.2–1.13.6). */
import type { StorePool } from '@firn/nix/daemon/pool'
import type { Reply } from '../../report/http.ts'
import type { EvalBuild } from '../../report/server-api.ts'
import { withStore } from '../store-use.ts'
import { whyNot } from './build-imports-here.ts'
import type { ImportOutcome } from './imports.ts'

export type ImportedBuildsNeeds = {
  pool: StorePool
  ask: (drvPath: string) => Promise<Reply<EvalBuild>>
  /** Asks for another build of something that is built already. */
  rebuild: (drvPath: string) => Promise<void>
  pause: () => Promise<void>
  onWaiting: (text: string) => Promise<void>
}

type Final = { attempt: string; status: 'BuildSuccess' | 'BuildFailure' | 'DependencyFailure' }

export class ImportedBuilds {
  readonly #needs: ImportedBuildsNeeds

  constructor(needs: ImportedBuildsNeeds) {
    this.#needs = needs
  }

  /** The outputs are in this agent's store when it resolves with `built`. Refused with the texts of 1.13.4 and 1.13.6. */
  async wait(drvPath: string, signal: AbortSignal): Promise<ImportOutcome> {
    await this.#needs.onWaiting(`evaluation waits for the build of ${drvPath}`)
    const first = await this.#final(drvPath, undefined, signal)
    if ('text' in first) return { built: false, text: first.text }
    if ((await this.#fetch(drvPath, signal)) === undefined) return { built: true }
    await this.#needs.rebuild(drvPath)
    const second = await this.#final(drvPath, first.attempt, signal)
    if ('text' in second) return { built: false, text: second.text }
    const problem = await this.#fetch(drvPath, signal)
    if (problem === undefined) return { built: true }
    return {
      built: false,
      text: `Build failure: output could not be retrieved on the evaluating agent, despite a successful rebuild. Exception: ${problem}`,
    }
  }

  /** `not`: an attempt whose result does not count any more. */
  async #final(drvPath: string, not: string | undefined, signal: AbortSignal): Promise<Final | { text: string }> {
    while (!signal.aborted) {
      const reply = await this.#needs.ask(drvPath)
      if (!reply.ok) return { text: `The server does not tell whether ${drvPath} is built: ${reply.reason}` }
      const { value } = reply
      if (value !== null && value.attempt !== not) {
        const { attempt, status } = value
        if (status === 'BuildSuccess') return { attempt, status }
        if (status === 'BuildFailure' || status === 'DependencyFailure')
          return { text: whyNot(drvPath, status === 'DependencyFailure') }
      }
      await this.#needs.pause()
    }
    return { text: 'the evaluation was stopped' }
  }

  /** Undefined when all outputs are in the store. */
  async #fetch(drvPath: string, signal: AbortSignal): Promise<string | undefined> {
    return await withStore(this.#needs.pool, signal, async (store) => {
      for (const [name, path] of Object.entries(await store.queryDerivationOutputMap(drvPath))) {
        if (path === undefined) return `the output ${name} of ${drvPath} has no path`
        await store.addTempRoot(path)
        if (await store.isValidPath(path)) continue
        const fetched = await store.ensurePath(path)
        if (!fetched.ok) return fetched.reason
      }
      return undefined
    })
  }
}
