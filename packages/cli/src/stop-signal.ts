import { endSignal, type World } from './world.ts'

/**
 * Aborted by Ctrl-C, and when whoever reads standard output is gone: nobody hears what else would be said. Where it cannot
 * be written for another reason, such as a full disk, that is said, and the process's exit status is 2.
 */
export function stopSignal(world: World): AbortSignal {
  const unwritten = new AbortController()
  world.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && !unwritten.signal.aborted) tellLost(world, error)
    unwritten.abort()
  })
  return AbortSignal.any([endSignal(world), unwritten.signal])
}

/** A command may have ended by then: what it printed last is lost. */
function tellLost({ stderr, process }: World, error: Error): void {
  stderr.write(`firn: Standard output cannot be written, so the answer is not whole: ${error.message}.\n`)
  process.once('exit', () => {
    process.exitCode = 2
  })
}
