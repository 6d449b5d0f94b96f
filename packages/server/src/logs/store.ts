import { sql } from 'kysely'
import type { Reads, Tx } from '../db/connect.ts'
import { unread } from '../db/unread.ts'

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

export async function findLogs(db: Reads, ids: string[]): Promise<Map<string, LogRow>> {
  const rows = await logsOf(db, ids).execute()
  return new Map(rows.map(({ id, ...row }) => [id, row]))
}

/** The logs, locked against other writers until the transaction ends. */
export async function lockLogs(tx: Tx, ids: string[]): Promise<Map<string, LogRow>> {
  const rows = await logsOf(tx, ids).orderBy('id').forUpdate().execute()
  return new Map(rows.map(({ id, ...row }) => [id, row]))
}

function logsOf(db: Reads, ids: string[]) {
  return db
    .selectFrom('log')
    .select(['id', ...logColumns])
    .where(sql<boolean>`id = any(${ids}::uuid[])`)
}

const rowsAtOnce = 1000

export async function insertPieces(tx: Tx, pieces: readonly (Piece & { log_id: string })[]): Promise<void> {
  for (let from = 0; from < pieces.length; from += rowsAtOnce)
    await unread(tx, tx.insertInto('log_piece').values(pieces.slice(from, from + rowsAtOnce)))
}

/** `n`: up to which message it was heard; `cut`: the line with which the log's end begins, if it begins now. */
export type Advance = {
  id: string
  n: number
  lines: number
  chars: number
  bytes: number
  cut: number | null
  end: boolean
}

export async function advanceLogs(tx: Tx, advances: Advance[]): Promise<void> {
  if (advances.length === 0) return
  await unread(
    tx,
    sql`
    update log set received_n = x.n, lines = log.lines + x.lines, chars = log.chars + x.chars, bytes = log.bytes + x.bytes,
      cut_from = coalesce(cut_from, x.cut), cut_to = coalesce(cut_to, x.cut),
      ended_at = case when x."end" then now() else ended_at end
    from jsonb_to_recordset(${JSON.stringify(advances)}::jsonb)
      as x (id uuid, n bigint, lines bigint, chars bigint, bytes bigint, cut bigint, "end" boolean)
    where log.id = x.id`,
  )
}

/** Lets the end of a log begin later: the pieces before are gone. */
export async function moveCut(tx: Tx, id: string, { to, chars }: { to: number; chars: number }): Promise<void> {
  await unread(tx, sql`update log set cut_to = ${to}, cut_chars = cut_chars + ${chars} where id = ${id}`)
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

/** By log, how many of its pieces are kept in rows. */
export async function countSmallPieces(tx: Reads, logIds: string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ log_id: string; count: number }>`
    select log_id, count(*)::int as count from log_piece
    where log_id = any(${logIds}::uuid[]) and body is not null group by log_id`.execute(tx)
  return new Map(rows.map((row) => [row.log_id, row.count]))
}

export async function deletePieces(tx: Tx, logId: string, firstLines: number[]): Promise<void> {
  await unread(tx, sql`delete from log_piece where log_id = ${logId} and first_line = any(${firstLines}::bigint[])`)
}

export type Phase = { first_line: number; ms: number; name: string }

/** So many phases are kept of one log: the builder names them, as often as it likes. */
const phasesMax = 1000

/** A phase with no line yet gives way to the next at the same place. */
export async function insertPhases(tx: Tx, phases: readonly (Phase & { log_id: string })[]): Promise<void> {
  if (phases.length === 0) return
  const byLine = [...new Map(phases.map((phase) => [`${phase.log_id} ${phase.first_line}`, phase])).values()]
  await unread(
    tx,
    sql`
    insert into log_phase (log_id, first_line, ms, name)
    select log_id, first_line, ms, name from (
      select p.*, row_number() over (partition by log_id order by first_line) as place
      from jsonb_to_recordset(${JSON.stringify(byLine)}::jsonb) as p (log_id uuid, first_line bigint, ms bigint, name text)
    ) p
    where place <= ${phasesMax} - (select count(*) from log_phase old where old.log_id = p.log_id)
    on conflict (log_id, first_line) do update set name = excluded.name, ms = excluded.ms`,
  )
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
