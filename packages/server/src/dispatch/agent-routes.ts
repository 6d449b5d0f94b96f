import { Refusal } from '@firn/base/refusal'
import { CreateSession, Hello, StartInfo } from '@firn/contract/agent/session'
import { TaskStatus } from '@firn/contract/agent/task'
import { Id } from '@firn/contract/ids'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { audit } from '../catalog/audit.ts'
import type { Reads } from '../db/connect.ts'
import { now } from '../db/now.ts'
import { acceptStatus, type EndNeeds } from './end-task.ts'
import { greetAgent } from './greet-agent.ts'
import { type AgentCaller, checkSession, createSession } from './join.ts'
import { sayGoodbye } from './lose-sessions.ts'
import { ownTask } from './own-task.ts'
import { fetchOffered, offerTask } from './poll.ts'
import { serviceInfo } from './service-info.ts'
import type { TaskRow } from './task.ts'

export type AgentRouteNeeds = EndNeeds & { publicUrl: string }

/** The bearer token of a request. @throws Refusal when there is none */
export function bearer(headers: { authorization?: string | undefined }): string {
  const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (token === undefined) throw new Refusal('UNAUTHORIZED', 'This needs an Authorization header with a bearer token.')
  return token
}

/** The agent that asks. @throws Refusal when its session is unknown or revoked: it should join again */
export async function agentOf(db: Reads, request: FastifyRequest): Promise<AgentCaller> {
  const caller = await checkSession(db, bearer(request.headers))
  if (caller === undefined)
    throw new Refusal('UNAUTHORIZED', 'This agent session is unknown or was revoked: join again.')
  return caller
}

/** The task of the request's path, if it was given to the agent that asks. @throws Refusal else */
export async function taskOf(db: Reads, request: FastifyRequest): Promise<{ caller: AgentCaller; task: TaskRow }> {
  const caller = await agentOf(db, request)
  const { id } = request.params as { id: string }
  const task = Id.safeParse(id).success ? await ownTask(db, caller, id) : undefined
  if (task !== undefined) return { caller, task }
  await auditForeign(db, caller, id)
  throw new Refusal('FORBIDDEN', 'This task was not given to this agent session.')
}

/** An agent that names what was given to others errs or lies: either is worth knowing. */
async function auditForeign(db: Reads, { sessionId, accountId }: AgentCaller, id: string): Promise<void> {
  const session = await db.selectFrom('agent_session').select('hostname').where('id', '=', sessionId).executeTakeFirst()
  const task = Id.safeParse(id).success ? id : 'with an id that is none'
  const deed = `(an agent) spoke of task ${task}, which was not given to its session; refused`
  await audit(db, { accountId, actor: session?.hostname ?? 'an unknown agent', deed })
}

async function noteSeen(db: Reads, sessionId: string): Promise<void> {
  await db.updateTable('agent_session').set({ last_seen: now }).where('id', '=', sessionId).execute()
}

/** The agent protocol's own endpoints (hercules-ci.md 4.8), below `/api/v1`. */
export function agentRoutes(app: FastifyInstance, needs: AgentRouteNeeds): void {
  const { db, publicUrl } = needs

  app.get('/agent/service-info', () => serviceInfo(publicUrl))

  app.post('/agent/session', async (request, reply) => {
    const { agentInfo } = CreateSession.parse(request.body)
    const token = await createSession(db, bearer(request.headers), agentInfo)
    if (token === undefined)
      throw new Refusal(
        'UNAUTHORIZED',
        'This cluster join token is unknown or was deleted: make a new one on the agents page.',
      )
    return reply.type('application/json').send(JSON.stringify(token))
  })

  // Agents of before the socket say by HTTP that they are there, ask each second for a task, and fetch it.
  app.post('/agent/hello', async (request, reply) => {
    const { sessionId } = await agentOf(db, request)
    if ((await greetAgent(needs, sessionId, Hello.parse(request.body))) === undefined)
      throw new Refusal('FORBIDDEN', 'This run of an agent belongs to another session.')
    return reply.status(204).send()
  })
  app.post('/agent/heartbeat', async (request, reply) => {
    await noteSeen(db, (await agentOf(db, request)).sessionId)
    return reply.status(204).send()
  })
  app.post('/tasks', async (request, reply) => {
    const { sessionId } = await agentOf(db, request)
    await noteSeen(db, sessionId)
    return reply.type('application/json').send(JSON.stringify(await offerTask(db, sessionId)))
  })

  /** What an agent logs about itself: its own machine keeps it. */
  app.post('/tasks/log', async (request, reply) => {
    await agentOf(db, request)
    return reply.status(204).send()
  })

  for (const [path, kind] of [
    ['eval', 'evaluate'],
    ['build', 'build'],
  ] as const)
    app.get(`/tasks/:id/${path}`, async (request) => {
      const { task } = await taskOf(db, request)
      const start = task.kind === kind && task.state !== 'ended' ? await needs.steps[kind].render(db, task) : undefined
      if (start === undefined || !('contents' in start))
        throw new Refusal('NOT_FOUND', 'This is no task of that kind, or no longer.')
      await fetchOffered(needs, task)
      return start.contents
    })

  app.post('/agent/goodbye', async (request, reply) => {
    const { sessionId } = await agentOf(db, request)
    await sayGoodbye(needs, sessionId, StartInfo.parse(request.body).id)
    return reply.status(204).send()
  })

  app.post('/tasks/:id', async (request, reply) => {
    const { caller, task } = await taskOf(db, request)
    await acceptStatus(needs, { taskId: task.id, sessionId: caller.sessionId, status: TaskStatus.parse(request.body) })
    return reply.status(204).send()
  })
}
