import { connectApi, readConnection } from '../client.ts'
import type { World } from '../world.ts'

/** Prints a one-time link; who opens it is signed in as the administrator. */
export async function signIn({ state }: { state: string }, world: World): Promise<number> {
  const { url } = await connectApi(await readConnection(state)).firn.signInLink()
  world.stdout.write(`${url}\n`)
  return 0
}
