import type { Tx } from '../db/connect.ts'
import { announce } from '../outbox/announce.ts'
import { jobsOf, pathsOf } from './store.ts'

const namedMax = 100

/** Says which derivations changed, and the jobs that they concern. */
export async function announceBuilds(tx: Tx, accountId: string, ids: number[]): Promise<void> {
  const derivations = ids.length > namedMax ? [] : await pathsOf(tx, ids)
  await announce(tx, { kind: 'builds.changed', accountId, jobIds: await jobsOf(tx, ids), derivations })
}
