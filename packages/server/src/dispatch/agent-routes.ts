import { Refusal } from '@firn/base/refusal'
import { CreateSession, Hello, StartInfo } from '@firn/contract/agent/session'
import { TaskStatus } from '@firn/contract/agent/task'
import type { FastifyInstance } from 'fastify'
import type { Reads } from '../db/connect.ts'
import { now } from '../db/now.ts'
import { bearer, type Callers } from './callers.ts'
import type { EndNeeds } from './end-task.ts'
import { greetAgent } from './greet-agent.ts'
import { createSession } from './join.ts'
import { sayGoodbye } from './lose-sessions.ts'
import { fetchOffered, offerTask } from './poll.ts'
import { serviceInfo } from './service-info.ts'
import type { TakeReports } from './take-reports.ts'

export type AgentRouteNeeds = EndNeeds & { callers: Callers; publicUrl: string; takeReports: TakeReports }

async function noteSeen(db: Reads, sessionId: string): Promise<void> {
  await db.updateTable('agent_session').set({ last_seen: now }).where('id', '=', sessionId).execute()
}

/** The agent protocol's own endpoints (hercules-ci.md 4.8), below `/api/v1`. */
export function agentRoutes(app: FastifyInstance, needs: AgentRouteNeeds): void {
  const { db, callers, publicUrl, takeReports } = needs

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
    const { sessionId } = await callers.agentOf(request)
    if ((await greetAgent(needs, sessionId, Hello.parse(request.body))) === undefined)
      throw new Refusal('FORBIDDEN', 'This run of an agent belongs to another session.')
    return reply.status(204).send()
  })
  app.post('/agent/heartbeat', async (request, reply) => {
    await noteSeen(db, (await callers.agentOf(request)).sessionId)
    return reply.status(204).send()
  })
  app.post('/tasks', async (request, reply) => {
    const { sessionId } = await callers.agentOf(request)
    await noteSeen(db, sessionId)
    return reply.type('application/json').send(JSON.stringify(await offerTask(db, sessionId)))
  })

  /** What an agent logs about itself: its own machine keeps it. */
  app.post('/tasks/log', async (request, reply) => {
    await callers.agentOf(request)
    return reply.status(204).send()
  })

  for (const [path, kind] of [
    ['eval', 'evaluate'],
    ['build', 'build'],
  ] as const)
    app.get(`/tasks/:id/${path}`, async (request) => {
      const { task } = await callers.taskOf(request)
      const start =
        task.kind === kind && task.state !== 'ended'
          ? (await needs.steps[kind].render(db, [task])).get(task.id)
          : undefined
      if (start === undefined || !('contents' in start))
        throw new Refusal('NOT_FOUND', 'This is no task of that kind, or no longer.')
      await fetchOffered(needs, task)
      return start.contents
    })

  app.post('/agent/goodbye', async (request, reply) => {
    const { sessionId } = await callers.agentOf(request)
    await sayGoodbye(needs, sessionId, StartInfo.parse(request.body).id)
    return reply.status(204).send()
  })

  app.post('/tasks/:id', async (request, reply) => {
    const { caller, task } = await callers.taskOf(request)
    const status = TaskStatus.parse(request.body)
    await takeReports({
      sessionId: caller.sessionId,
      message: null,
      reports: [{ taskId: task.id, is: 'ended', status }],
    })
    return reply.status(204).send()
  })
}
