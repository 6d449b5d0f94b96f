import type { DerivationDetail } from '@firn/contract/api/derivation'
import { useSuspenseQuery } from '@tanstack/react-query'
import { api } from './client.ts'

type Asked = { site: string; account: string; drv: string; viaJob: string | undefined }

/** A derivation as an account knows it. */
export function useDerivation({ site, account, drv, viaJob }: Asked): {
  accountId: string
  derivation: DerivationDetail
} {
  const { id } = useSuspenseQuery(api.accounts.bySite.queryOptions({ input: { site, account } })).data
  const input = { id, drv, ...(viaJob !== undefined && { 'via-job': viaJob }) }
  return { accountId: id, derivation: useSuspenseQuery(api.derivations.get.queryOptions({ input })).data }
}
