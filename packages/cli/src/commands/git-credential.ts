import { text } from 'node:stream/consumers'
import { readConnection } from '../client.ts'
import type { World } from '../world.ts'

/**
 * Git's credential helper protocol (gitcredentials(7)): answers `get` for the server of the state folder, and nothing
 * for any other host, so that the token goes nowhere else.
 */
export async function gitCredential(operation: string, { state }: { state: string }, world: World): Promise<number> {
  if (operation !== 'get') return 0
  const asked = new Map((await text(world.stdin)).split('\n').map((line) => splitOnce(line)))
  const { url, token } = await readConnection(state)
  const { protocol, host } = new URL(url)
  if (asked.get('protocol') !== protocol.replace(':', '') || asked.get('host') !== host) return 0
  world.stdout.write(`username=x-access-token\npassword=${token}\n`)
  return 0
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf('=')
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)]
}
