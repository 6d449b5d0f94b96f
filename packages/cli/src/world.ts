import type { ReadStream, WriteStream } from 'node:tty'

/** What a command may touch of the process it runs in. */
export type World = {
  env: Record<string, string | undefined>
  stdin: ReadStream | NodeJS.ReadStream
  stdout: WriteStream | NodeJS.WriteStream
  stderr: WriteStream | NodeJS.WriteStream
  process: NodeJS.Process
}

/**
 * A signal that is aborted by SIGINT or SIGTERM, and, where another Firn process started this one, when that one is
 * gone. A second signal is left to its default, which ends the process.
 */
export function endSignal({ process }: World): AbortSignal {
  const ending = new AbortController()
  const end = () => ending.abort()
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  if (process.connected) process.once('disconnect', end)
  return ending.signal
}

/**
 * What ends an agent. SIGTERM lets it finish what it has for `drainMs`; a second one, the end of that time, SIGINT and the
 * end of the Firn process that started this one stop it at once. What comes after that is left to its default.
 */
export function agentSignals({ process }: World, drainMs: number): { drain: AbortSignal; stop: AbortSignal } {
  const draining = new AbortController()
  const stopping = new AbortController()
  const stop = () => stopping.abort()
  // One listener for both: between the end of one and the beginning of another a second signal would find the default.
  const terminate = () => {
    if (draining.signal.aborted) {
      process.off('SIGTERM', terminate)
      return stop()
    }
    setTimeout(stop, drainMs).unref()
    draining.abort()
  }
  process.on('SIGTERM', terminate)
  process.once('SIGINT', stop)
  if (process.connected) process.once('disconnect', stop)
  return { drain: draining.signal, stop: stopping.signal }
}
