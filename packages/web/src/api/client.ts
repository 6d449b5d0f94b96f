import { contract as routes } from 'virtual:contract'
import type { contract } from '@firn/contract/api/contract'
import { createORPCClient } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import { OpenAPILink } from '@orpc/openapi-client/fetch'
import { createTanstackQueryUtils } from '@orpc/tanstack-query'
import { readRefusal } from './refusal.ts'

export type FirnClient = ContractRouterClient<typeof contract>

const link = new OpenAPILink(routes, {
  url: `${location.origin}/api/v1`,
  customErrorResponseBodyDecoder: (body, response) => readRefusal(body, response.status),
})

/** The only door to the server: every call of the contract, typed. Refusals are thrown as `Refusal`. */
export const client: FirnClient = createORPCClient(link)

/** The same calls as query options; see `invalidate.ts` for when they are asked again. */
export const api = createTanstackQueryUtils(client)
