import type { Retention } from '@firn/contract/api/operations'
import type { Db, Reads } from '../../db/connect.ts'

/** What is kept for ever unless an account says otherwise: everything. */
const forEver: Retention = { jobDays: null, logDays: null, failureDays: null }

export async function readRetention(db: Reads, accountId: string): Promise<Retention> {
  const row = await db.selectFrom('retention').selectAll().where('account_id', '=', accountId).executeTakeFirst()
  return row === undefined ? forEver : { jobDays: row.job_days, logDays: row.log_days, failureDays: row.failure_days }
}

export async function saveRetention(db: Db, accountId: string, retention: Retention): Promise<void> {
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
