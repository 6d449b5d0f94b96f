import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import type { BlobStore } from './blob-store.ts'

/** A blob is named by a row in the transaction after it was put; younger ones may still be. */
const ageMsMin = 24 * 3600_000
const batchMax = 500

/**
 * Deletes blobs of logs that no row names: what a crash left between a blob and its row, or between a row's removal and its
 * blob's.
 * @returns how many
 */
export async function sweepBlobs(
  { db, blobs }: { db: Reads; blobs: BlobStore },
  { now, signal }: { now: number; signal: AbortSignal },
): Promise<number> {
  let swept = 0
  let batch: string[] = []
  const flush = async () => {
    for (const key of await unnamed(db, batch)) {
      await blobs.delete(key)
      swept++
    }
    batch = []
  }
  for await (const { key, changedAt } of blobs.list('logs/')) {
    if (signal.aborted) return swept
    if (now - changedAt < ageMsMin) continue
    if (batch.push(key) >= batchMax) await flush()
  }
  await flush()
  return swept
}

/** A key has its log's id in it, so that the row is found by the index that there is. */
async function unnamed(db: Reads, keys: string[]): Promise<string[]> {
  const logOf = (key: string) => /^logs\/[^/]+\/([0-9a-f-]{36})\//.exec(key)?.[1]
  const ours = keys.flatMap((key) => {
    const log = logOf(key)
    return log === undefined ? [] : [{ key, log }]
  })
  if (ours.length === 0) return []
  const { rows } = await sql<{ blob: string }>`
    select blob from log_piece where log_id = any(${[...new Set(ours.map((each) => each.log))]}::uuid[]) and blob is not null`.execute(
    db,
  )
  const named = new Set(rows.map((row) => row.blob))
  return ours.flatMap(({ key }) => (named.has(key) ? [] : [key]))
}
