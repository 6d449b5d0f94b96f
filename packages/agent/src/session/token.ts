/** Tokens are JWT-shaped; the agent reads their payload and does not check the signature (hercules-ci.md 4.3.5). */
import { readFile } from 'node:fs/promises'
import { JoinTokenClaims, SessionClaims } from '@firn/contract/agent/session'
import type { z } from 'zod'

/** `id`: what a session's `parent` is compared with, without `t$`; undefined where the token does not tell. */
export type JoinToken = { token: string; id: string | undefined }

export type JoinTokenRead = { ok: true; token: JoinToken } | { ok: false; reason: string }

/** Refused with a sentence: a file that cannot be read, or holds nothing. White space is dropped (4.2.3). */
export async function readJoinToken(file: string): Promise<JoinTokenRead> {
  try {
    const token = (await readFile(file, 'utf8')).replace(/\s+/g, '')
    if (token === '') return { ok: false, reason: `the cluster join token file ${file} is empty` }
    return { ok: true, token: { token, id: payloadOf(token, JoinTokenClaims)?.sub.slice('t$'.length) } }
  } catch (error) {
    return {
      ok: false,
      reason: `the cluster join token cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    }
  }
}

/** The id of the join token that a session came from. */
export function parentOf(sessionToken: string): string | undefined {
  return payloadOf(sessionToken, SessionClaims)?.parent
}

function payloadOf<T>(token: string, claims: z.ZodType<T>): T | undefined {
  const [, payload] = token.split('.')
  if (payload === undefined) return undefined
  try {
    return claims.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString())).data
  } catch {
    return undefined
  }
}
