import { Refusal } from '@firn/base/refusal'
import { CreateSession, StartInfo } from '@firn/contract/agent/session'
import { TaskStatus } from '@firn/contract/agent/task'
import { Id } from '@firn/contract/ids'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Reads } from '../db/connect.ts'
import { acceptStatus, type EndNeeds } from './end-task.ts'
import { type AgentCaller, checkSession, createSession } from './join.ts'
import { sayGoodbye } from './lose-sessions.ts'
import { ownTask } from './own-task.ts'
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
  if (task === undefined) throw new Refusal('FORBIDDEN', 'This task was not given to this agent session.')
  return { caller, task }
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
