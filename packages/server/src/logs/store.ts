import { sql } from 'kysely'
import type { Reads, Tx } from '../db/connect.ts'

export type Piece = { first_line: number; lines: number; bytes: number; body: Buffer | null; blob: string | null }

export function findLog(db: Reads, id: string) {
  return db
    .selectFrom('log')
    .select(['id', 'account_id', 'received_n', 'lines', 'bytes', 'ended_at'])
    .where('id', '=', id)
    .executeTakeFirst()
}

/** The log, locked against other writers until the transaction ends. */
export function lockLog(tx: Tx, id: string) {
  return tx
    .selectFrom('log')
    .select(['received_n', 'lines', 'ended_at'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
}

export async function insertPiece(tx: Tx, logId: string, piece: Piece): Promise<void> {
  await tx
    .insertInto('log_piece')
    .values({ log_id: logId, ...piece })
    .execute()
}

export async function advanceLog(tx: Tx, id: string, by: { n: number; lines: number; bytes: number }): Promise<void> {
  await sql`update log set received_n = ${by.n}, lines = lines + ${by.lines}, bytes = bytes + ${by.bytes}
    where id = ${id}`.execute(tx)
}

export async function markLogEnded(tx: Reads, id: string): Promise<void> {
  await sql`update log set ended_at = now() where id = ${id} and ended_at is null`.execute(tx)
}

/** The pieces that hold lines of [from, to), in order; `body` is only what is kept in the row. */
export function piecesBetween(db: Reads, logId: string, from: number, to: number): Promise<Piece[]> {
  return db
    .selectFrom('log_piece')
    .select(['first_line', 'lines', 'bytes', 'body', 'blob'])
    .where('log_id', '=', logId)
    .where('first_line', '<', to)
    .where(sql<boolean>`first_line + lines > ${from}`)
    .orderBy('first_line')
    .execute()
}

/** The pieces still kept in rows, in order. */
export function smallPieces(tx: Reads, logId: string): Promise<Piece[]> {
  return tx
    .selectFrom('log_piece')
    .select(['first_line', 'lines', 'bytes', 'body', 'blob'])
    .where('log_id', '=', logId)
    .where('body', 'is not', null)
    .orderBy('first_line')
    .execute()
}

export async function deletePieces(tx: Tx, logId: string, firstLines: number[]): Promise<void> {
  await sql`delete from log_piece where log_id = ${logId} and first_line = any(${firstLines}::bigint[])`.execute(tx)
}
