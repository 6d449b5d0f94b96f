import type { IncomingMessage } from 'node:http'
import { Refusal } from '@firn/base/refusal'
import type { Caller } from '../catalog/caller.ts'
import { checkPersonalToken } from '../catalog/people.ts'
import type { SignIn } from '../catalog/sign-in.ts'
import type { Db } from '../db/connect.ts'

export type AuthNeeds = {
  db: Db
  signIn: SignIn
  publicUrl: string
  /** Whether the server listens on loopback only: then visitors of this machine may look without signing in. */
  isLocal: boolean
}

/**
 * Who asks (a person by token or session, a visitor from this machine, nobody). A browser session changes things only
 * where the request comes from a page of ours.
 * @throws Refusal for a token that is not valid, and for a request from another site
 */
export async function authenticate(needs: AuthNeeds, request: IncomingMessage): Promise<Caller> {
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token !== undefined) {
    const person = await checkPersonalToken(needs.db, token)
    if (person === undefined) throw new Refusal('UNAUTHORIZED', 'This token is unknown or was revoked.')
    return { kind: 'person', person }
  }
  const person = request.headers.cookie === undefined ? undefined : await personOfCookie(needs, request.headers.cookie)
  if (person === undefined)
    return needs.isLocal && isLocalHost(request.headers.host) ? { kind: 'local' } : { kind: 'nobody' }
  refuseForeign(needs, request)
  return { kind: 'person', person }
}

function personOfCookie({ signIn }: AuthNeeds, cookie: string) {
  return signIn.personOf(new Headers({ cookie }))
}

/** A name that leads to this machine only: a page elsewhere whose name is made to lead here (DNS rebinding) has another. */
export function isLocalHost(host: string | undefined): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host ?? '')
}

function refuseForeign({ publicUrl }: AuthNeeds, request: IncomingMessage): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  const { origin, host } = request.headers
  const from = origin === undefined ? undefined : URL.parse(origin)?.host
  if (from === undefined || (from !== host && from !== new URL(publicUrl).host))
    throw new Refusal('FORBIDDEN', 'This request came from another site. Use the pages of this server, or a token.')
}
