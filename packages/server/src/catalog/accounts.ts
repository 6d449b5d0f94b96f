import type { Account } from '@firn/contract/api/account'
import type { Db, Reads } from '../db/connect.ts'
import { newId } from './ids.ts'
import { type AccountRow, accounts } from './store.ts'

/** Slugs of the forge inside the server and of its one account. */
export const localForge = 'local'
export const localAccount = 'local'

/** Makes the local forge and its account at the first start. */
export async function ensureLocalAccount(db: Db): Promise<AccountRow> {
  await db
    .insertInto('forge')
    .values({ id: newId(), slug: localForge, type: 'local', display_name: 'This installation' })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const forge = await db.selectFrom('forge').select('id').where('slug', '=', localForge).executeTakeFirstOrThrow()
  await db
    .insertInto('account')
    .values({
      id: newId(),
      forge_id: forge.id,
      slug: localAccount,
      display_name: 'Local repositories',
      type: 'Organization',
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return accounts(db)
    .where('forge.slug', '=', localForge)
    .where('account.slug', '=', localAccount)
    .executeTakeFirstOrThrow()
}

export function findAccount(db: Reads, id: string): Promise<AccountRow | undefined> {
  return accounts(db).where('account.id', '=', id).executeTakeFirst()
}

export function findAccountBySite(db: Reads, site: string, account: string): Promise<AccountRow | undefined> {
  return accounts(db).where('forge.slug', '=', site).where('account.slug', '=', account).executeTakeFirst()
}

export function listAccounts(db: Reads): Promise<AccountRow[]> {
  return accounts(db).orderBy('forge.slug').orderBy('account.slug').execute()
}

/** A row as the API shows it. */
export function showAccount(row: AccountRow): Account {
  return {
    id: row.id,
    sourceHostingSiteSlug: row.site,
    slug: row.slug,
    typ: row.type,
    displayName: row.display_name,
    imageURL: null,
    isInstalled: true,
    isInstallable: true,
    membershipRole: 'Admin',
  }
}
