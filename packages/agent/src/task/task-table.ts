/** The tasks that run on this agent, each on its own: what goes wrong in one stays in it (hercules-ci.md 4.12.1). */
import type { Log } from '@firn/base/log'

/** Why a task is ended before it is done: its abort signal's reason. */
export type TaskAbort = 'cancelled' | 'shutdown' | 'session lost'

type Running = { abort: AbortController; done: Promise<void> }

export class TaskTable {
  readonly #log: Log
  readonly #running = new Map<string, Running>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Ids of the tasks that have not ended, their report included (hercules-ci.md 4.4.11). */
  inProgress(): string[] {
    return [...this.#running.keys()]
  }

  /** A second start of a running id is ignored: working twice would spoil the first (hercules-ci.md 4.4.9). */
  start(id: string, run: (signal: AbortSignal) => Promise<void>): void {
    if (this.#running.has(id)) {
      this.#log.warn({ task: id }, 'the task runs already: its second start is ignored')
      return
    }
    const abort = new AbortController()
    const done = run(abort.signal)
      .catch((error: unknown) => this.#log.error({ task: id, err: error }, 'a bug: the task was not reported'))
      .finally(() => this.#running.delete(id))
    this.#running.set(id, { abort, done })
  }

  /** An unknown id is no error: the task may just have ended (hercules-ci.md 4.4.10). */
  cancel(id: string): void {
    this.#abort(id, 'cancelled')
  }

  abortAll(reason: TaskAbort): void {
    for (const id of this.#running.keys()) this.#abort(id, reason)
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ done }) => done))
  }

  #abort(id: string, reason: TaskAbort): void {
    this.#running.get(id)?.abort.abort(reason)
  }
}
