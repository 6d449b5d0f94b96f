import { BuildEvent } from '@firn/contract/agent/build-event'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Db } from '../db/connect.ts'
import { taskOf } from '../dispatch/agent-routes.ts'
import { acceptOutputs } from './accept-outputs.ts'

const Events = z.array(BuildEvent)

/** What agents say of builds (hercules-ci.md 4.7), below `/api/v1`. */
export function buildAgentRoutes(app: FastifyInstance, { db }: { db: Db }): void {
  app.post('/tasks/:id/build', async (request, reply) => {
    const { task } = await taskOf(db, request)
    await acceptOutputs(db, task, Events.parse(request.body))
    return reply.status(204).send()
  })
}
