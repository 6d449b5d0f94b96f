import type { Retention } from '@firn/contract/api/operations'
import { count } from '@firn/core/status/job-sentence'
import { audit } from '../../catalog/audit.ts'
import type { Db, Reads } from '../../db/connect.ts'
import { transact } from '../../db/transact.ts'

/** What is kept for ever unless an account says otherwise: everything. */
const forEver: Retention = { jobDays: null, logDays: null, failureDays: null }

export async function readRetention(db: Reads, accountId: string): Promise<Retention> {
  const row = await db.selectFrom('retention').selectAll().where('account_id', '=', accountId).executeTakeFirst()
  return row === undefined ? forEver : { jobDays: row.job_days, logDays: row.log_days, failureDays: row.failure_days }
}

/** Saves it and says who did. @param by a person's name */
export async function changeRetention(
  db: Db,
  accountId: string,
  { by, retention }: { by: string; retention: Retention },
): Promise<void> {
  await transact(db, async (tx) => {
    await saveRetention(tx, accountId, retention)
    await audit(tx, { accountId, actor: by, deed: `changed what is kept: ${wordRetention(retention)}` })
  })
}

function wordRetention({ jobDays, logDays, failureDays }: Retention): string {
  const word = (days: number | null) => (days === null ? 'for ever' : count(days, 'day'))
  return `jobs ${word(jobDays)}, logs ${word(logDays)}, failures ${word(failureDays)}`
}

export async function saveRetention(db: Reads, accountId: string, retention: Retention): Promise<void> {
  const days = { job_days: retention.jobDays, log_days: retention.logDays, failure_days: retention.failureDays }
  await db
    .insertInto('retention')
    .values({ account_id: accountId, ...days })
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet(days))
    .execute()
}

/** Accounts that want something removed. */
export async function accountsWithRetention(db: Reads): Promise<{ accountId: string; retention: Retention }[]> {
  const rows = await db.selectFrom('retention').selectAll().orderBy('account_id').execute()
  return rows.map((row) => ({
    accountId: row.account_id,
    retention: { jobDays: row.job_days, logDays: row.log_days, failureDays: row.failure_days },
  }))
}
