import type { Reads, Tx } from '../db/connect.ts'

/** Where each ref of a project was when it was last looked at; the rows are held until the transaction ends. */
export async function lockSeenRefs(tx: Tx, projectId: string): Promise<Map<string, string>> {
  await tx.selectFrom('project').select('id').where('id', '=', projectId).forUpdate().execute()
  return seenRefs(tx, projectId)
}

export async function seenRefs(db: Reads, projectId: string): Promise<Map<string, string>> {
  const rows = await db.selectFrom('git_ref').select(['name', 'rev']).where('project_id', '=', projectId).execute()
  return new Map(rows.map((row) => [row.name, row.rev]))
}

export async function rememberRef(tx: Tx, projectId: string, name: string, rev: string): Promise<void> {
  await tx
    .insertInto('git_ref')
    .values({ project_id: projectId, name, rev })
    .onConflict((conflict) => conflict.columns(['project_id', 'name']).doUpdateSet({ rev }))
    .execute()
}

export async function forgetRef(tx: Tx, projectId: string, name: string): Promise<void> {
  await tx.deleteFrom('git_ref').where('project_id', '=', projectId).where('name', '=', name).execute()
}

export function findSeenRef(db: Reads, projectId: string, name: string) {
  return db
    .selectFrom('git_ref')
    .select('rev')
    .where('project_id', '=', projectId)
    .where('name', '=', name)
    .executeTakeFirst()
}
