import type { AuditEntry } from '@firn/contract/api/audit'
import type { Reads } from '../db/connect.ts'

export type Deed = {
  accountId: string
  /** A person's name, or the host name that an agent gives. */
  actor: string
  /** A sentence without its subject: `made the join token farm`. Holds no secret. */
  deed: string
}

/** Notes a deed, in the transaction of it where there is one. */
export async function audit(db: Reads, { accountId, actor, deed }: Deed): Promise<void> {
  await db.insertInto('audit_entry').values({ account_id: accountId, actor, deed }).execute()
}

/** The newest deeds of an account, before entry `before` if given. */
export async function listAudit(
  db: Reads,
  accountId: string,
  { before, limit }: { before?: number | undefined; limit: number },
): Promise<AuditEntry[]> {
  let query = db.selectFrom('audit_entry').select(['id', 'at', 'actor', 'deed']).where('account_id', '=', accountId)
  if (before !== undefined) query = query.where('id', '<', before)
  const rows = await query.orderBy('id', 'desc').limit(limit).execute()
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }))
}
