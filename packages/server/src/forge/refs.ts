import type { Reads, Tx } from '../db/connect.ts'
import { findSeenRef, forgetRef, lockSeenRefs, rememberRef, seenRefs } from './store.ts'

export type RefMove = { ref: string; rev: string }

/**
 * Compares the refs of a repository with what was seen before, and remembers them.
 * @returns the refs that are new or have moved; deleted ones are forgotten
 */
export async function noteRefs(tx: Tx, projectId: string, now: Map<string, string>): Promise<RefMove[]> {
  const before = await lockSeenRefs(tx, projectId)
  const moved = movesFrom(before, now)
  for (const { ref, rev } of moved) await rememberRef(tx, projectId, ref, rev)
  for (const ref of before.keys()) if (!now.has(ref)) await forgetRef(tx, projectId, ref)
  return moved
}

/** The refs that are new or have moved since they were remembered; nothing is remembered. */
export async function movedRefs(db: Reads, projectId: string, now: Map<string, string>): Promise<RefMove[]> {
  return movesFrom(await seenRefs(db, projectId), now)
}

function movesFrom(before: Map<string, string>, now: Map<string, string>): RefMove[] {
  return [...now].filter(([ref, rev]) => before.get(ref) !== rev).map(([ref, rev]) => ({ ref, rev }))
}

/** Where a ref was when it was last looked at. */
export async function seenRef(db: Reads, projectId: string, name: string): Promise<string | undefined> {
  return (await findSeenRef(db, projectId, name))?.rev
}
