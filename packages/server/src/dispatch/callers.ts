/** Who asks, of agents: every request of theirs begins with this, so that those of the same moment are looked up together. */
import { inBatches } from '@firn/base/in-batches'
import { Refusal } from '@firn/base/refusal'
import { Id } from '@firn/contract/ids'
import type { FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import { audit } from '../catalog/audit.ts'
import { hashToken } from '../catalog/token.ts'
import type { Db, Reads } from '../db/connect.ts'
import type { TaskRow } from './task.ts'

export type AgentCaller = { sessionId: string; accountId: string }

type Asking = { headers: { authorization?: string | undefined } }

export type Callers = {
  /** The agent that asks. @throws Refusal when its session is unknown or revoked: it should join again */
  agentOf(request: Asking): Promise<AgentCaller>
  /** The task of the request's path, if it was given to the agent that asks. @throws Refusal else */
  taskOf(request: FastifyRequest): Promise<{ caller: AgentCaller; task: TaskRow }>
}

/** The bearer token of a request. @throws Refusal when there is none */
export function bearer(headers: { authorization?: string | undefined }): string {
  const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (token === undefined) throw new Refusal('UNAUTHORIZED', 'This needs an Authorization header with a bearer token.')
  return token
}

const askedAtOnce = 500

export function openCallers(db: Db): Callers {
  const find = inBatches({ max: askedAtOnce, work: (batch: Asked[]) => findTogether(db, batch) })
  const ask = async (request: Asking, taskId: string | null) => {
    const found = await find({ hash: hashToken(bearer(request.headers)), taskId })
    if (found !== undefined) return found
    throw new Refusal('UNAUTHORIZED', 'This agent session is unknown or was revoked: join again.')
  }
  return {
    async agentOf(request) {
      return (await ask(request, null)).caller
    },
    async taskOf(request) {
      const { id } = request.params as { id: string }
      const { caller, task } = await ask(request, Id.safeParse(id).success ? id : null)
      // An agent is believed only about its own tasks.
      if (task?.session_id === caller.sessionId) return { caller, task }
      await auditForeign(db, caller, id)
      throw new Refusal('FORBIDDEN', 'This task was not given to this agent session.')
    },
  }
}

type Asked = { hash: Buffer; taskId: string | null }
type Found = { caller: AgentCaller; task: TaskRow | undefined }

async function findTogether(db: Reads, asked: Asked[]): Promise<(Found | undefined)[]> {
  const { rows: sessions } = await sql<{ id: string; account_id: string; hash: Buffer }>`
    select id, account_id, hash from agent_session
    where hash = any(${asked.map((one) => one.hash)}::bytea[]) and revoked_at is null`.execute(db)
  const ids = [...new Set(asked.flatMap((one) => one.taskId ?? []))]
  const { rows: tasks } =
    ids.length === 0 ? { rows: [] } : await sql<TaskRow>`select * from task where id = any(${ids}::uuid[])`.execute(db)
  const byHash = new Map(sessions.map((session) => [session.hash.toString('hex'), session]))
  const byId = new Map(tasks.map((task) => [task.id, task]))
  return asked.map(({ hash, taskId }) => {
    const session = byHash.get(hash.toString('hex'))
    if (session === undefined) return undefined
    const caller = { sessionId: session.id, accountId: session.account_id }
    return { caller, task: taskId === null ? undefined : byId.get(taskId) }
  })
}

/** An agent that names what was given to others errs or lies: either is worth knowing. */
async function auditForeign(db: Reads, { sessionId, accountId }: AgentCaller, id: string): Promise<void> {
  const session = await db.selectFrom('agent_session').select('hostname').where('id', '=', sessionId).executeTakeFirst()
  const task = Id.safeParse(id).success ? id : 'with an id that is none'
  const deed = `(an agent) spoke of task ${task}, which was not given to its session; refused`
  await audit(db, { accountId, actor: session?.hostname ?? 'an unknown agent', deed })
}
