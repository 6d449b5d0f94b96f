import { Connection } from '@firn/contract/files/connection'
import { readConnection } from '../client.ts'
import type { World } from '../world.ts'

export type ChosenConnection = Connection & {
  /** where the token is from, for the one whose token is refused */
  tokenFrom: string
}

/**
 * Which server a command speaks to: that of the state folder that was named, else that of `FIRN_URL` and `FIRN_TOKEN`, else that
 * of `./state`.
 * @throws with a sentence for the user
 */
export async function chooseConnection(env: World['env'], state: string | undefined): Promise<ChosenConnection> {
  const { FIRN_URL: url, FIRN_TOKEN: token } = env
  if (state !== undefined || (!url && !token)) return fromFolder(state)
  if (!url || !token) {
    const [there, missing] = url ? ['FIRN_URL', 'FIRN_TOKEN'] : ['FIRN_TOKEN', 'FIRN_URL']
    throw new Error(`${there} is set and ${missing} is not: a server is named by both, or by --state.`)
  }
  const connection = Connection.safeParse({ url: url.replace(/\/+$/, ''), token })
  if (!connection.success || !/^https?:/.test(url))
    throw new Error(`FIRN_URL must be the address of a Firn, such as https://ci.example.org, not ${url}.`)
  return { ...connection.data, tokenFrom: 'FIRN_TOKEN' }
}

async function fromFolder(state = './state'): Promise<ChosenConnection> {
  return { ...(await readConnection(state)), tokenFrom: `connection.json in ${state}` }
}
