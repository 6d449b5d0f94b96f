import { endSignal, type World } from './world.ts'

/** Aborted by Ctrl-C, and when whoever reads standard output is gone: nobody hears what else would be said. */
export function stopSignal(world: World): AbortSignal {
  const unread = new AbortController()
  world.stdout.on('error', () => unread.abort())
  return AbortSignal.any([endSignal(world), unread.signal])
}
