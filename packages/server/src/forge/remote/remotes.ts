import { nextLookMs } from '@firn/core/trigger/next-look'
import { sql } from 'kysely'
import { seal, unseal } from '../../catalog/seal.ts'
import type { Db, Reads, Tx } from '../../db/connect.ts'
import { now } from '../../db/now.ts'
import type { Remote } from './login.ts'

/** Nudged when a repository is due to be looked at. */
export const remotesTopic = 'remotes'

const about = (projectId: string) => `git_remote ${projectId}`

export type NewRemote = { projectId: string; username: string | null; password: string | null; pollEveryS: number }

export async function insertRemote(tx: Tx, key: Buffer, remote: NewRemote): Promise<void> {
  const { projectId, username, password, pollEveryS } = remote
  const credential = password === null ? null : seal(key, about(projectId), password)
  await tx
    .insertInto('git_remote')
    .values({ project_id: projectId, username, credential, poll_every_s: pollEveryS })
    .execute()
}

export type RemoteChanges = {
  url?: string | undefined
  username?: string | null | undefined
  password?: string | null | undefined
  pollEveryS?: number | undefined
  fileTemplate?: string | null | undefined
}

/** Changes what is given, and has it looked at soon. The password of one host is never sent to another. */
export async function changeRemote(
  tx: Tx,
  key: Buffer,
  { projectId, ...changes }: RemoteChanges & { projectId: string },
) {
  const { url, username, password, pollEveryS, fileTemplate } = changes
  const before = await tx.selectFrom('project').select('remote_url').where('id', '=', projectId).executeTakeFirst()
  const moves = url !== undefined && !sameHost(url, before?.remote_url ?? url)
  const newPassword = password === undefined && moves ? null : password
  const ofProject = {
    ...(url === undefined ? {} : { remote_url: url }),
    ...(fileTemplate === undefined ? {} : { file_template: fileTemplate }),
  }
  if (Object.keys(ofProject).length > 0)
    await tx.updateTable('project').set(ofProject).where('id', '=', projectId).execute()
  await tx
    .updateTable('git_remote')
    .set({
      next_poll_at: now,
      // A look that is under way knows nothing of it: it is followed by another.
      pokes: sql<number>`pokes + 1`,
      ...(url === undefined ? {} : { host_keys: null, failures: 0, error: null }),
      ...(username === undefined ? {} : { username }),
      ...(newPassword === undefined
        ? {}
        : { credential: newPassword === null ? null : seal(key, about(projectId), newPassword) }),
      ...(pollEveryS === undefined ? {} : { poll_every_s: pollEveryS }),
    })
    .where('project_id', '=', projectId)
    .execute()
}

function sameHost(a: string, b: string): boolean {
  const [one, other] = [new URL(a), new URL(b)]
  return one.protocol === other.protocol && one.host === other.host
}

/** How looking at a repository stands. `seenAt` and `pokes` tell whether anything happened since they were read. */
export type LookState = { seenAt: Date | null; pokes: number; pollEveryS: number; failures: number }

export function findRemote(db: Reads, projectId: string) {
  return db
    .selectFrom('git_remote')
    .innerJoin('project', 'project.id', 'git_remote.project_id')
    .selectAll('git_remote')
    .select(['project.remote_url', 'project.file_template'])
    .where('project_id', '=', projectId)
    .executeTakeFirst()
}

export async function readRemote(
  db: Reads,
  key: Buffer,
  projectId: string,
): Promise<{ remote: Remote; state: LookState } | undefined> {
  const row = await findRemote(db, projectId)
  if (row === undefined || row.remote_url === null) return undefined
  const password = row.credential === null ? null : unseal(key, about(projectId), row.credential)
  return {
    remote: { projectId, url: row.remote_url, username: row.username, password, hostKeys: row.host_keys },
    state: { seenAt: row.seen_at, pokes: row.pokes, pollEveryS: row.poll_every_s, failures: row.failures },
  }
}

/**
 * Runs `look` for the repositories that are due, each unless somebody else is at it, here or at another replica: the lock is a
 * connection's, so that it is free the moment its holder dies.
 */
export async function forEachDue(db: Db, look: (projectId: string) => Promise<void>): Promise<void> {
  const due = await db
    .selectFrom('git_remote')
    .select('project_id')
    .where('next_poll_at', '<=', now)
    .orderBy('next_poll_at')
    .limit(100)
    .execute()
  for (const { project_id: id } of due) await withLock(db, id, () => look(id))
}

function withLock(db: Db, projectId: string, work: () => Promise<void>): Promise<void> {
  return db.connection().execute(async (connection) => {
    const key = sql`hashtextextended(${`firn.remote.${projectId}`}::text, 0)`
    const { rows } = await sql<{ taken: boolean }>`select pg_try_advisory_lock(${key}) as taken`.execute(connection)
    if (!rows[0]?.taken) return
    try {
      const { rows: due } =
        await sql`select from git_remote where project_id = ${projectId} and next_poll_at <= now()`.execute(connection)
      if (due.length > 0) await work()
    } finally {
      await sql`select pg_advisory_unlock(${key})`.execute(connection)
    }
  })
}

/** Locks the row; false: another look has succeeded since `state` was read, or the project follows another address now. */
export async function isUnchanged(tx: Tx, { projectId, url }: Remote, state: LookState): Promise<boolean> {
  const row = await tx
    .selectFrom('git_remote')
    .innerJoin('project', 'project.id', 'git_remote.project_id')
    .select(['git_remote.seen_at', 'project.remote_url'])
    .where('project_id', '=', projectId)
    .forUpdate('git_remote')
    .executeTakeFirst()
  return row?.remote_url === url && (row.seen_at?.getTime() ?? 0) === (state.seenAt?.getTime() ?? 0)
}

/** A look has succeeded. */
export async function noteSeen(tx: Tx, remote: Remote, state: LookState, hostKeys: string | null): Promise<void> {
  await tx
    .updateTable('git_remote')
    .set({
      seen_at: now,
      failures: 0,
      error: null,
      host_keys: remote.hostKeys ?? hostKeys,
      ...nextLook(state, 0),
    })
    .where('project_id', '=', remote.projectId)
    .execute()
}

/** A look has failed; the next comes the later, the more have failed. */
export async function noteFailure(tx: Tx, projectId: string, state: LookState, error: string): Promise<void> {
  const failures = state.failures + 1
  await tx
    .updateTable('git_remote')
    .set({ failures, error, ...nextLook(state, failures) })
    .where('project_id', '=', projectId)
    .execute()
}

/** At least this long after the last one, whoever asks how often. */
const pokedAfterS = 1

function nextLook({ pokes, pollEveryS }: LookState, failures: number) {
  const afterS = nextLookMs({ everyMs: pollEveryS * 1000, failures }) / 1000
  return {
    next_poll_at: sql<Date>`now() + make_interval(secs => case when pokes = ${pokes} then ${afterS}::float8 else ${pokedAfterS}::float8 end)`,
  }
}

/** Somebody says that something moved there. */
export async function askForLook(db: Reads, projectId: string): Promise<void> {
  await sql`update git_remote set pokes = pokes + 1, next_poll_at = least(next_poll_at, now())
    where project_id = ${projectId}`.execute(db)
}
