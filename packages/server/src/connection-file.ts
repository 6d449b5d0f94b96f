import { randomUUID } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Connection } from '@firn/contract/files/connection'
import { checkPersonalToken, createPersonalToken, type Person } from './catalog/people.ts'
import type { Db } from './db/connect.ts'

/**
 * Writes `connection.json` (0600) into the state folder: how commands on this machine reach the server, with a token of
 * the administrator. The token of an earlier start is kept while it is good.
 */
export async function writeConnectionFile(
  db: Db,
  { stateFolder, url, administrator }: { stateFolder: string; url: string; administrator: Person },
): Promise<void> {
  const path = join(stateFolder, 'connection.json')
  const token = await keptToken(db, path)
  const connection: Connection = {
    url,
    token: token ?? (await createPersonalToken(db, administrator.id, `this machine: ${path}`)),
  }
  const partial = `${path}.${randomUUID()}`
  await writeFile(partial, `${JSON.stringify(connection, null, 2)}\n`, { mode: 0o600 })
  await rename(partial, path)
}

async function keptToken(db: Db, path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    const { token } = Connection.parse(JSON.parse(text))
    return (await checkPersonalToken(db, token)) === undefined ? undefined : token
  } catch {
    return undefined
  }
}
