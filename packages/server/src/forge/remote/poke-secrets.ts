import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { newId } from '../../catalog/ids.ts'
import { seal, unseal } from '../../catalog/seal.ts'
import type { Reads, Tx } from '../../db/connect.ts'
import { now } from '../../db/now.ts'

/** So many are good at once, so that a new one can be put in place before the old one goes. */
const secretsMax = 2

const about = (id: string) => `poke_secret ${id}`

/** Makes a secret; where there are two already, the older one goes. It is in the answer and nowhere else in the clear. */
export async function createPokeSecret(
  tx: Tx,
  key: Buffer,
  projectId: string,
): Promise<{ id: string; secret: string }> {
  await tx.selectFrom('git_remote').select('project_id').where('project_id', '=', projectId).forUpdate().execute()
  const older = await listPokeSecrets(tx, projectId)
  for (const { id } of older.slice(secretsMax - 1)) await deletePokeSecret(tx, projectId, id)
  const id = newId()
  const secret = randomBytes(32).toString('base64url')
  await tx
    .insertInto('poke_secret')
    .values({ id, project_id: projectId, sealed: seal(key, about(id), secret) })
    .execute()
  return { id, secret }
}

export async function deletePokeSecret(db: Reads, projectId: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('poke_secret')
    .where('id', '=', id)
    .where('project_id', '=', projectId)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Newest first, each with the time that it is by the clock that all servers share. */
export function listPokeSecrets(db: Reads, projectId: string) {
  return db
    .selectFrom('poke_secret')
    .selectAll()
    .select(now.as('now'))
    .where('project_id', '=', projectId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

export type Poke = { timestamp: string; signature: string; body: Buffer }

/** A poke is believed so long before and after the time that it says. */
const toleranceS = 300

/**
 * Whether one of the project's secrets signed a poke now: HMAC-SHA256 over `TIMESTAMP.BODY`, in hex after `sha256=`. One that is
 * said again within the tolerance is believed again; all it does is have the repository looked at.
 */
export async function checkPoke(
  { db, key }: { db: Reads; key: Buffer },
  projectId: string,
  { timestamp, signature, body }: Poke,
): Promise<boolean> {
  if (!/^\d{1,12}$/.test(timestamp)) return false
  const secrets = await listPokeSecrets(db, projectId)
  const given = Buffer.from(signature.replace(/^sha256=/, ''), 'hex')
  const isFresh = ({ now }: { now: Date }) => Math.abs(now.getTime() / 1000 - Number(timestamp)) <= toleranceS
  return secrets.filter(isFresh).some(({ id, sealed }) => {
    const right = createHmac('sha256', unseal(key, about(id), sealed))
      .update(`${timestamp}.`)
      .update(body)
      .digest()
    return given.length === right.length && timingSafeEqual(given, right)
  })
}
