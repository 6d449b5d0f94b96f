/** The connection to the store is gone: the daemon died, was stopped, or does not speak the protocol. Nobody's fault in the build. */
export class StoreLost extends Error {
  override readonly name = 'StoreLost'
  /** what a daemon of our own printed at its end; empty where it printed nothing, or is the system's */
  readonly lastWords: string
  constructor(message: string, { lastWords = '', ...options }: ErrorOptions & { lastWords?: string } = {}) {
    super(lastWords === '' ? message : `${message}: ${lastWords}`, options)
    this.lastWords = lastWords
  }
}

export type StoreTrace = { text: string }

/**
 * The daemon refused or failed one operation and said why; the connection lives on, but see `StoreConnection.reusable`.
 * `message` may hold ANSI colours; `traces` say what was being done, the outermost first.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly level: number
  readonly traces: StoreTrace[]
  constructor(message: string, level: number, traces: StoreTrace[]) {
    super(message)
    this.level = level
    this.traces = traces
  }
}
