import { inBatches } from '@firn/base/in-batches'
import { headCount, type LogBound } from '@firn/core/log/bound'
import { sql } from 'kysely'
import type { Db, Tx } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { afterCommit, transact } from '../db/transact.ts'
import { unread } from '../db/unread.ts'
import type { BlobStore } from './blob-store.ts'
import { dropPastBound } from './drop-past-bound.ts'
import { gather, smallBytesMax, smallPiecesMax } from './gather.ts'
import type { Line, PhaseStart } from './lines.ts'
import { charsOf, inPieces, packLines, putPiece } from './pieces.ts'
import {
  advanceLogs,
  countSmallPieces,
  findLogs,
  insertPhases,
  insertPieces,
  type LogRow,
  lockLogs,
  type Piece,
} from './store.ts'

/** Nudged when a log has grown or ended. */
export const logTopic = (logId: string) => `log:${logId}`

/** What a writer says with the messages after `after` up to `n`; with `end` it is the last. */
export type Written = { after: number; n: number; lines: Line[]; phases: PhaseStart[]; end: boolean }

/** What writers of logs need. What many write in the same moment is kept together, in one transaction of few statements. */
export type LogWriter = {
  find(logId: string): Promise<LogRow | undefined>
  /**
   * Keeps lines of a writer's conversation up to message `n`, durable when it resolves. Messages that were kept
   * before (a writer that heard no answer sends them again) are left out by the caller, who knows `received_n`;
   * two writers at once are told apart here: the one that is behind is refused. Beyond the bound of a log its middle is
   * left out; that is never the writer's matter.
   * @returns whether it was kept; false: the log has ended, or another writer was quicker
   */
  append(logId: string, written: Written): Promise<boolean>
  /** Whole logs, in the caller's transaction. Of a log that has begun or ended already nothing is kept. */
  keepWhole(tx: Tx, logs: WholeLog[]): Promise<void>
}

export type WholeLog = { logId: string; lines: Line[]; phases: PhaseStart[] }

export type LogNeeds = { db: Db; blobs: BlobStore; nudges: Nudges; logBound: LogBound }

const logsAtOnce = 200

export function openLogWriter(needs: LogNeeds): LogWriter {
  const find = inBatches({
    max: logsAtOnce,
    work: async (ids: string[]) => {
      const found = await findLogs(needs.db, ids)
      return ids.map((id) => found.get(id))
    },
  })
  const keep = inBatches({ max: logsAtOnce, work: (batch: Packed[]) => keepTogether(needs, batch) })
  return {
    find,
    async append(logId, written) {
      const log = await find(logId)
      if (log === undefined || !isNext(log, written)) return false
      const kept = await keep(await pack(needs, { logId, log, written }))
      for (const { blob } of kept.gone) if (blob !== null) await needs.blobs.delete(blob)
      if (kept.ok) needs.nudges.send(logTopic(logId))
      return kept.ok
    },
    async keepWhole(tx, logs) {
      if (logs.length === 0) return
      const now = await lockLogs(
        tx,
        logs.map(({ logId }) => logId),
      )
      const packs = logs.flatMap(({ logId, lines, phases }) => {
        const log = now.get(logId)
        const written = { after: -1, n: 0, lines, phases, end: true }
        return log !== undefined && isNext(log, written) ? [pack(needs, { logId, log, written })] : []
      })
      const batch = await Promise.all(packs)
      // Of what is not kept a blob may be left, should one be so large: it is swept (`sweep-blobs.ts`).
      const kept = await keepIn(tx, needs, batch, now)
      afterCommit(tx, () => {
        for (const [place, { logId }] of batch.entries()) if (kept[place]?.ok) needs.nudges.send(logTopic(logId))
      })
    },
  }
}

function isNext(log: LogRow, { after }: Written): boolean {
  return log.ended_at === null && log.received_n === after
}

type Packed = {
  logId: string
  written: Written
  pieces: Piece[]
  /** the line with which the log's end begins, if it begins now */
  cutAt: number | null
}
type Kept = { ok: boolean; gone: { blob: string | null }[] }

async function pack(
  needs: LogNeeds,
  { logId, log, written }: { logId: string; log: LogRow; written: Written },
): Promise<Packed> {
  const { lines } = written
  const head = headCount({ lines: log.lines, chars: log.chars, cutFrom: log.cut_from }, lines, needs.logBound)
  const pieces = [
    ...(await makePieces(needs, logId, { from: log.lines, lines: lines.slice(0, head) })),
    ...(await makePieces(needs, logId, { from: log.lines + head, lines: lines.slice(head) })),
  ]
  const cutAt = log.cut_from === null && head < lines.length ? log.lines + head : null
  return { logId, written, pieces, cutAt }
}

async function makePieces(
  { blobs, logBound }: LogNeeds,
  logId: string,
  { from, lines }: { from: number; lines: Line[] },
): Promise<Piece[]> {
  const pieces: Piece[] = []
  let first_line = from
  for (const run of inPieces(lines, logBound)) {
    const body = await packLines(run)
    const size = { first_line, lines: run.length, chars: charsOf(run), bytes: body.length }
    if (body.length < smallBytesMax) pieces.push({ ...size, body, blob: null })
    else pieces.push({ ...size, body: null, blob: await putPiece(blobs, logId, body) })
    first_line += run.length
  }
  return pieces
}

function keepTogether(needs: LogNeeds, batch: Packed[]): Promise<Kept[]> {
  return transact(needs.db, async (tx) => {
    const now = await lockLogs(
      tx,
      batch.map(({ logId }) => logId),
    )
    return await keepIn(tx, needs, batch, now)
  })
}

/** @param now the logs, locked */
async function keepIn(
  tx: Tx,
  { blobs, logBound }: LogNeeds,
  batch: Packed[],
  now: ReadonlyMap<string, LogRow>,
): Promise<Kept[]> {
  const fresh = firstOfEach(batch, now)
  await insertPieces(
    tx,
    fresh.flatMap(({ logId, pieces }) => pieces.map((piece) => ({ log_id: logId, ...piece }))),
  )
  await insertPhases(
    tx,
    fresh.flatMap((packed) => phasesOf(packed, now.get(packed.logId))),
  )
  await advanceLogs(tx, fresh.map(advanceOf))
  const gone = new Map<string, { blob: string | null }[]>()
  for (const { logId, cutAt } of fresh) {
    const endFrom = now.get(logId)?.cut_to ?? cutAt
    if (endFrom !== null) gone.set(logId, await dropPastBound(tx, logId, { endFrom, logBound }))
  }
  for (const { logId, cutAt, written } of await inManyPieces(tx, fresh)) {
    const cutFrom = now.get(logId)?.cut_from ?? cutAt
    await gather({ tx, blobs, logBound }, logId, { end: written.end, cutFrom })
  }
  const kept = new Set(fresh)
  return batch.map((packed) =>
    kept.has(packed) ? { ok: true, gone: gone.get(packed.logId) ?? [] } : { ok: false, gone: packed.pieces },
  )
}

/** Of each log what comes next in it; of two writers at once, the first. */
function firstOfEach(batch: readonly Packed[], now: ReadonlyMap<string, LogRow>): Packed[] {
  const taken = new Set<string>()
  return batch.filter(({ logId, written }) => {
    const log = now.get(logId)
    if (taken.has(logId) || log === undefined || !isNext(log, written)) return false
    taken.add(logId)
    return true
  })
}

/** PostgreSQL's text cannot hold NUL. */
const storable = (name: string) => name.replaceAll('\0', '\ufffd')

function phasesOf({ logId, written }: Packed, log: LogRow | undefined) {
  const from = log?.lines ?? 0
  return written.phases.map(({ at, ms, name }) => ({ log_id: logId, first_line: from + at, ms, name: storable(name) }))
}

function advanceOf({ logId, written, pieces, cutAt }: Packed) {
  const sum = { lines: 0, chars: 0, bytes: 0 }
  for (const piece of pieces) {
    sum.lines += piece.lines
    sum.chars += piece.chars
    sum.bytes += piece.bytes
  }
  return { id: logId, n: written.n, ...sum, cut: cutAt, end: written.end }
}

/** Those that have so many small pieces that they are gathered now. */
async function inManyPieces(tx: Tx, packs: Packed[]): Promise<Packed[]> {
  const mayBe = packs.filter(({ written, pieces }) => written.after >= 0 || pieces.length > 1)
  if (mayBe.length === 0) return []
  const counts = await countSmallPieces(
    tx,
    mayBe.map(({ logId }) => logId),
  )
  return mayBe.filter(({ logId, written: { end } }) => (counts.get(logId) ?? 0) >= (end ? 2 : smallPiecesMax))
}

/** Ends a log whose writer is gone: what came is all there will be. */
export async function endLog({ db, blobs, nudges, logBound }: LogNeeds, logId: string): Promise<void> {
  await transact(db, async (tx) => {
    const log = (await lockLogs(tx, [logId])).get(logId)
    if (log === undefined || log.ended_at !== null) return
    await advanceLogs(tx, [{ id: logId, n: log.received_n, lines: 0, chars: 0, bytes: 0, cut: null, end: true }])
    await gather({ tx, blobs, logBound }, logId, { end: true, cutFrom: log.cut_from })
  })
  nudges.send(logTopic(logId))
}

/** Makes empty logs. */
export async function insertLogs(tx: Tx, logs: { id: string; account_id: string }[]): Promise<void> {
  await unread(
    tx,
    sql`insert into log (id, account_id)
    select * from unnest(${logs.map((log) => log.id)}::uuid[], ${logs.map((log) => log.account_id)}::uuid[])
    on conflict do nothing`,
  )
}
