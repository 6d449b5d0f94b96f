/** How an agent comes to a session (hercules-ci.md 4.3): service info, then the kept session or a new one. */

import { type Retried, retry } from '@firn/base/backoff'
import type { Log } from '@firn/base/log'
import type { AgentInfo, ServiceInfo } from '@firn/contract/agent/session'
import type { AgentConfig } from '../config.ts'
import type { Http } from '../report/http.ts'
import { createSession, fetchServiceInfo } from '../report/server-api.ts'
import type { AgentTimings } from '../timings.ts'
import { forgetSession, readSession, writeSession } from './session-file.ts'
import { parentOf, readJoinToken } from './token.ts'

export type Session = { token: string; serviceInfo: ServiceInfo }

export type JoinNeeds = {
  config: AgentConfig
  info: AgentInfo
  http: Http
  timings: AgentTimings
  log: Log
  signal: AbortSignal
}

type Joined = { ok: true; session: Session } | { ok: false; reason: string }

/** Tries until there is a session; undefined when the signal ends it first. What is in the way is logged as a sentence. */
export async function joinCluster(needs: JoinNeeds): Promise<Session | undefined> {
  const retried: Retried<Session> = await retry({
    backoff: needs.timings.join,
    signal: needs.signal,
    attempt: async () => {
      const joined = await tryToJoin(needs)
      return joined.ok ? { done: joined.session } : { again: joined.reason }
    },
    onWait: (reason, ms) => needs.log.error({ retryMs: Math.round(ms) }, reason),
  })
  return retried.ok ? retried.value : undefined
}

async function tryToJoin(needs: JoinNeeds): Promise<Joined> {
  const serviceInfo = await fetchServiceInfo(needs)
  if (!serviceInfo.ok)
    return { ok: false, reason: `${needs.config.apiBaseUrl} does not tell its service info: ${serviceInfo.reason}` }
  const old = tooOld(serviceInfo.value.version)
  if (old !== undefined) return { ok: false, reason: old }
  const token = await sessionToken(needs)
  return token.ok ? { ok: true, session: { token: token.token, serviceInfo: serviceInfo.value } } : token
}

/** hercules-ci.md 4.3.4 */
export function tooOld([major, minor]: ServiceInfo['version']): string | undefined {
  return major >= 2
    ? undefined
    : `the server speaks version ${major}.${minor} of the agent protocol; this agent needs 2.0 or later`
}

type Token = { ok: true; token: string } | { ok: false; reason: string }

/** The kept session, unless its join token is not the present one any more (hercules-ci.md 4.2.2). */
async function sessionToken(needs: JoinNeeds): Promise<Token> {
  const { config, log } = needs
  const join = await readJoinToken(config.clusterJoinTokenPath)
  const kept = await readSession(config.sessionTokenPath)
  if (!join.ok) return kept === undefined ? join : useKept(kept, log, join.reason)
  if (kept === undefined) return await newSession(needs, join.token.token)
  const parent = parentOf(kept)
  if (parent !== undefined && parent === join.token.id) return { ok: true, token: kept }
  if (parent === undefined || join.token.id === undefined)
    return useKept(kept, log, 'the tokens do not tell whether they belong together')
  log.info('the cluster join token has changed: making a new session')
  return await newSession(needs, join.token.token)
}

function useKept(token: string, log: Log, problem: string): Token {
  log.warn(`${problem}; going on with the kept session`)
  return { ok: true, token }
}

async function newSession(needs: JoinNeeds, joinToken: string): Promise<Token> {
  const { config, info, log } = needs
  const reply = await createSession(needs, joinToken, info)
  if (!reply.ok && reply.why === 'refused') {
    const what = `${config.apiBaseUrl} does not take the cluster join token in ${config.clusterJoinTokenPath} (${reply.reason})`
    return { ok: false, reason: `${what}. Make a new one on the agents page and put it into that file` }
  }
  if (!reply.ok) return { ok: false, reason: `no session could be made: ${reply.reason}` }
  await writeSession(config.sessionTokenPath, reply.value)
  log.info('a new session is made')
  return { ok: true, token: reply.value }
}

/** The server does not take the session any more: the next one comes from the join token. */
export async function dropSession({ config, log }: JoinNeeds, reason: string): Promise<void> {
  log.warn(`the server does not take the session any more: ${reason}`)
  await forgetSession(config.sessionTokenPath)
}
