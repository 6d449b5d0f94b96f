import type { Account } from '@firn/contract/api/account'
import type { Client } from '../client.ts'

/**
 * The account that is meant: that of `SITE/NAME` or `NAME`, else the only one.
 * @throws with a sentence for the user: it is not there, or several are meant
 */
export async function findAccount(client: Client, text: string | undefined): Promise<Account> {
  const all = await client.accounts.list({})
  const found = text === undefined ? all : all.filter((one) => [nameOf(one), one.slug].includes(text))
  const [account, ...others] = found
  if (account !== undefined && others.length === 0) return account
  const candidates = (found.length > 0 ? found : all).map((one) => `\n  ${nameOf(one)}`).join('')
  if (account === undefined) throw new Error(`There is no account ${text}. There are:${candidates}`)
  throw new Error(`Which account? Name one with --account:${candidates}`)
}

function nameOf({ sourceHostingSiteSlug, slug }: Account): string {
  return `${sourceHostingSiteSlug}/${slug}`
}
