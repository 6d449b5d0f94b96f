import { connectStore, type StoreAddress } from './client.ts'

/** Nobody has configured it as a substituter, and nothing is ever asked of it: substitution is off. */
const nowhere = 'file:///var/empty/whether-this-user-is-trusted'

/**
 * Whether the daemon trusts this user (`trusted-users` in its nix.conf). Every version remarks on a substituter that it
 * does not take from a user; only later ones, on a later protocol, say it in so many words. Rejects with `StoreLost`.
 */
export async function isTrustedBy(address: StoreAddress): Promise<boolean> {
  await using store = await connectStore(address, { settings: { substitute: 'false', substituters: nowhere } })
  return !store.remarks.some((remark) => remark.includes(nowhere))
}
