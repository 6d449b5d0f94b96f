import type { Db, Reads } from '../db/connect.ts'
import { newId } from './ids.ts'
import { hashToken, makeToken } from './token.ts'

export type Person = { id: string; name: string }

/** The one who set the installation up: signs in by a link, has no address that mail could reach. */
export const administratorEmail = 'administrator@firn.invalid'

export async function ensureAdministrator(db: Db): Promise<Person> {
  await db
    .insertInto('person')
    .values({ id: newId(), name: 'Administrator', email: administratorEmail, email_verified: true })
    .onConflict((conflict) => conflict.column('email').doNothing())
    .execute()
  return db
    .selectFrom('person')
    .select(['id', 'name'])
    .where('email', '=', administratorEmail)
    .executeTakeFirstOrThrow()
}

export async function createPersonalToken(db: Db, personId: string, description: string): Promise<string> {
  const id = newId()
  const { token, hash } = makeToken({ sub: `p$${id}` })
  await db.insertInto('personal_token').values({ id, person_id: personId, hash, description }).execute()
  return token
}

/** Whose personal token this is, unless it is unknown or revoked. */
export function checkPersonalToken(db: Reads, token: string): Promise<Person | undefined> {
  return db
    .selectFrom('personal_token')
    .innerJoin('person', 'person.id', 'personal_token.person_id')
    .select(['person.id', 'person.name'])
    .where('personal_token.hash', '=', hashToken(token))
    .where('personal_token.revoked_at', 'is', null)
    .executeTakeFirst()
}
