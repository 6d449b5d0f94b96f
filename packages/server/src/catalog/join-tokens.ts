import type { ClusterJoinToken, CreatedJoinToken } from '@firn/contract/api/agents'
import { sql } from 'kysely'
import type { Db, Reads } from '../db/connect.ts'
import { newId } from './ids.ts'
import { hashToken, makeToken } from './token.ts'

type Row = { id: string; account_id: string; description: string; created_at: Date; deleted_at: Date | null }

function show(row: Row): ClusterJoinToken {
  return {
    id: row.id,
    ownerId: row.account_id,
    creationTime: row.created_at.toISOString(),
    description: row.description,
    revocation: row.deleted_at?.toISOString() ?? null,
  }
}

const columns = ['id', 'account_id', 'description', 'created_at', 'deleted_at'] as const

/** Makes a token that agents join the account with. The token is in the answer and nowhere else. */
export async function createJoinToken(db: Db, accountId: string, description: string): Promise<CreatedJoinToken> {
  const id = newId()
  const { token, hash } = makeToken({ sub: `t$${id}`, iat: Math.trunc(Date.now() / 1000) })
  const row = await db
    .insertInto('join_token')
    .values({ id, account_id: accountId, hash, description })
    .returning(columns)
    .executeTakeFirstOrThrow()
  return { metadata: show(row), token }
}

/** @param all also those that were deleted */
export async function listJoinTokens(
  db: Reads,
  { id, all }: { id: string; all: boolean },
): Promise<ClusterJoinToken[]> {
  const rows = await db
    .selectFrom('join_token')
    .select(columns)
    .where('account_id', '=', id)
    .$if(!all, (query) => query.where('deleted_at', 'is', null))
    .orderBy('created_at')
    .execute()
  return rows.map(show)
}

/**
 * Stops new agents from joining with it; sessions that exist go on (hercules-ci.md 5.2.6).
 * @returns its description, and whether it was good until now; undefined when there is none
 */
export async function deleteJoinToken(
  db: Reads,
  accountId: string,
  tokenId: string,
): Promise<{ description: string; wasGood: boolean } | undefined> {
  const { rows } = await sql<{ description: string; wasGood: boolean }>`
    with old as (select id, deleted_at from join_token where id = ${tokenId} and account_id = ${accountId} for update)
    update join_token t set deleted_at = coalesce(old.deleted_at, now()) from old where t.id = old.id
    returning t.description, old.deleted_at is null as "wasGood"`.execute(db)
  return rows[0]
}

/** The token that a joining agent shows, unless it is unknown or deleted. */
export function checkJoinToken(db: Reads, token: string) {
  return db
    .selectFrom('join_token')
    .select(['id', 'account_id'])
    .where('hash', '=', hashToken(token))
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
}
