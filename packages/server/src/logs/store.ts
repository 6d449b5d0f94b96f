import { sql } from 'kysely'
import type { Reads, Tx } from '../db/connect.ts'

/** Consecutive lines; `chars` are of their text, `bytes` of what is kept: in the row, or as a blob. */
export type Piece = {
  first_line: number
  lines: number
  chars: number
  bytes: number
  body: Buffer | null
  blob: string | null
}

const pieceColumns = ['first_line', 'lines', 'chars', 'bytes', 'body', 'blob'] as const
const logColumns = ['received_n', 'lines', 'chars', 'cut_from', 'cut_to', 'cut_chars', 'ended_at'] as const

export type LogRow = NonNullable<Awaited<ReturnType<typeof findLog>>>

export function findLog(db: Reads, id: string) {
  return db.selectFrom('log').select(logColumns).where('id', '=', id).executeTakeFirst()
}

/** The log, locked against other writers until the transaction ends. */
export function lockLog(tx: Tx, id: string) {
  return tx.selectFrom('log').select(logColumns).where('id', '=', id).forUpdate().executeTakeFirst()
}

export async function insertPieces(tx: Tx, logId: string, pieces: readonly Piece[]): Promise<void> {
  if (pieces.length === 0) return
  await tx
    .insertInto('log_piece')
    .values(pieces.map((piece) => ({ log_id: logId, ...piece })))
    .execute()
}

type Advance = { n: number; lines: number; chars: number; bytes: number; cutAt: number | null }

/** `cutAt`: the line with which the log's end begins, if it begins now. */
export async function advanceLog(tx: Tx, id: string, by: Advance): Promise<void> {
  await sql`update log set received_n = ${by.n}, lines = lines + ${by.lines}, chars = chars + ${by.chars},
      bytes = bytes + ${by.bytes}, cut_from = coalesce(cut_from, ${by.cutAt}), cut_to = coalesce(cut_to, ${by.cutAt})
    where id = ${id}`.execute(tx)
}

/** Lets the end of a log begin later: the pieces before are gone. */
export async function moveCut(tx: Tx, id: string, { to, chars }: { to: number; chars: number }): Promise<void> {
  await sql`update log set cut_to = ${to}, cut_chars = cut_chars + ${chars} where id = ${id}`.execute(tx)
}

export async function markLogEnded(tx: Reads, id: string): Promise<void> {
  await sql`update log set ended_at = now() where id = ${id} and ended_at is null`.execute(tx)
}

/** The pieces that hold lines of [from, to), in order; `body` is only what is kept in the row. */
export function piecesBetween(db: Reads, logId: string, from: number, to: number): Promise<Piece[]> {
  return db
    .selectFrom('log_piece')
    .select(pieceColumns)
    .where('log_id', '=', logId)
    .where('first_line', '<', to)
    .where(sql<boolean>`first_line + lines > ${from}`)
    .orderBy('first_line')
    .execute()
}

/** The pieces of a log's end, in order, without their text. */
export function piecesFrom(tx: Tx, logId: string, line: number) {
  return tx
    .selectFrom('log_piece')
    .select(['first_line', 'lines', 'chars', 'blob'])
    .where('log_id', '=', logId)
    .where('first_line', '>=', line)
    .orderBy('first_line')
    .execute()
}

/** The pieces still kept in rows, in order. */
export function smallPieces(tx: Reads, logId: string): Promise<Piece[]> {
  return tx
    .selectFrom('log_piece')
    .select(pieceColumns)
    .where('log_id', '=', logId)
    .where('body', 'is not', null)
    .orderBy('first_line')
    .execute()
}

export async function deletePieces(tx: Tx, logId: string, firstLines: number[]): Promise<void> {
  await sql`delete from log_piece where log_id = ${logId} and first_line = any(${firstLines}::bigint[])`.execute(tx)
}

export type Phase = { first_line: number; ms: number; name: string }

/** So many phases are kept of one log: the builder names them, as often as it likes. */
const phasesMax = 1000

/** A phase with no line yet gives way to the next at the same place. */
export async function insertPhases(tx: Tx, logId: string, phases: readonly Phase[]): Promise<void> {
  if (phases.length === 0) return
  const byLine = [...new Map(phases.map((phase) => [phase.first_line, phase])).values()]
  await sql`
    insert into log_phase (log_id, first_line, ms, name)
    select ${logId}::uuid, p.first_line, p.ms, p.name
    from jsonb_to_recordset(${JSON.stringify(byLine)}::jsonb) as p (first_line bigint, ms bigint, name text)
    order by p.first_line
    limit greatest(0, ${phasesMax} - (select count(*) from log_phase where log_id = ${logId}))
    on conflict (log_id, first_line) do update set name = excluded.name, ms = excluded.ms`.execute(tx)
}

/** Phases that begin in [from, to), in order. */
export function phasesBetween(db: Reads, logId: string, from: number, to: number): Promise<Phase[]> {
  return db
    .selectFrom('log_phase')
    .select(['first_line', 'ms', 'name'])
    .where('log_id', '=', logId)
    .where('first_line', '>=', from)
    .where('first_line', '<', to)
    .orderBy('first_line')
    .execute()
}
