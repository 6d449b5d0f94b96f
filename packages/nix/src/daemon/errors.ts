/** The connection to the store is gone: the daemon died, was stopped, or does not speak the protocol. Nobody's fault in the build. */
export class StoreLost extends Error {
  override readonly name = 'StoreLost'
}

export type StoreTrace = { text: string }

/** The daemon refused or failed one operation and said why; the connection lives on. `message` may hold ANSI colours. */
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
