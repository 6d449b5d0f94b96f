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
  const { rows } = await sql<TaskRow & { place: number; caller: string; callers_account: string }>`
    select t.*, x.place, s.id as caller, s.account_id as callers_account
    from unnest(${asked.map((one) => one.hash)}::bytea[], ${asked.map((one) => one.taskId)}::uuid[])
        with ordinality as x (hash, task_id, place)
      cross join lateral (
        select id, account_id from agent_session where hash = x.hash and revoked_at is null offset 0
      ) s
      left join lateral (select * from task where id = x.task_id offset 0) t on true`.execute(db)
  const found: (Found | undefined)[] = asked.map(() => undefined)
  for (const { place, caller, callers_account: accountId, ...task } of rows)
    found[place - 1] = { caller: { sessionId: caller, accountId }, task: task.id === null ? undefined : task }
  return found
}

/** An agent that names what was given to others errs or lies: either is worth knowing. */
async function auditForeign(db: Reads, { sessionId, accountId }: AgentCaller, id: string): Promise<void> {
  const session = await db.selectFrom('agent_session').select('hostname').where('id', '=', sessionId).executeTakeFirst()
  const task = Id.safeParse(id).success ? id : 'with an id that is none'
  const deed = `(an agent) spoke of task ${task}, which was not given to its session; refused`
  await audit(db, { accountId, actor: session?.hostname ?? 'an unknown agent', deed })
}
