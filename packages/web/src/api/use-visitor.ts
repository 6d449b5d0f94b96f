import type { Whoami } from '@firn/contract/api/account'
import { useQuery } from '@tanstack/react-query'
import { api } from './client.ts'

/** Who looks at the page; undefined before the server has said so. */
export const useVisitor = (): Whoami | undefined =>
  useQuery({ ...api.firn.whoami.queryOptions(), staleTime: 300_000 }).data
