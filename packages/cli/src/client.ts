import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { contract } from '@firn/contract/api/contract'
import { ErrorBody } from '@firn/contract/api/error'
import { Connection } from '@firn/contract/files/connection'
import { createORPCClient, ORPCError } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import type { JsonifiedClient } from '@orpc/openapi-client'
import { OpenAPILink } from '@orpc/openapi-client/fetch'

export type Client = JsonifiedClient<ContractRouterClient<typeof contract>>

/** The connection that a server wrote into its state folder. @throws with a sentence for the user */
export async function readConnection(stateFolder: string): Promise<Connection> {
  const path = join(resolve(stateFolder), 'connection.json')
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error(
      `There is no ${path}. Is Firn running with this state folder? Start it with ./up, name another with --state, or set FIRN_URL and FIRN_TOKEN.`,
    )
  })
  return Connection.parse(JSON.parse(text))
}

/**
 * A client of the server's API. Refusals reject with the server's own sentence.
 * @param signal ends every request, and what is being listened to
 */
export function connectApi({ url, token }: Connection, signal?: AbortSignal): Client {
  const link = new OpenAPILink(contract, {
    url: `${url}/api/v1`,
    ...(signal === undefined
      ? {}
      : { fetch: (request, init) => fetch(request, { ...init, signal: either(signal, request) }) }),
    headers: { authorization: `Bearer ${token}` },
    customErrorResponseBodyDecoder: (body, response) => {
      const error = ErrorBody.safeParse(body)
      return error.success
        ? new ORPCError(error.data.errorTags[0] ?? 'ERROR', { status: response.status, message: error.data.message })
        : null
    },
  })
  return createORPCClient(link)
}

const either = (signal: AbortSignal, { signal: own }: Request) => AbortSignal.any([signal, own])
