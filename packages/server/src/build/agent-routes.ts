import { BuildEvent } from '@firn/contract/agent/build-event'
import { Derivations } from '@firn/contract/agent/there'
import { DrvPath } from '@firn/contract/ids'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Db } from '../db/connect.ts'
import type { Callers } from '../dispatch/callers.ts'
import type { TakeReports } from '../dispatch/take-reports.ts'
import { readEvalBuild } from './read-derivation.ts'
import { knownThere } from './seen.ts'

const Events = z.array(BuildEvent)

/** What agents say of builds (hercules-ci.md 4.7), below `/api/v1`. */
export function buildAgentRoutes(
  app: FastifyInstance,
  { db, callers, takeReports }: { db: Db; callers: Callers; takeReports: TakeReports },
): void {
  app.post('/tasks/:id/build', async (request, reply) => {
    const { caller, task } = await callers.taskOf(request)
    const events = Events.parse(request.body)
    await takeReports({
      sessionId: caller.sessionId,
      message: null,
      reports: [{ taskId: task.id, is: 'built', events }],
    })
    return reply.status(204).send()
  })

  // As agents asked before `agent/eval-build`, which also names the attempt.
  app.get('/agent/build/:drv', async (request, reply) => {
    const { accountId } = await callers.agentOf(request)
    const { drv } = request.params as { drv: string }
    const [, status] = (await readEvalBuild(db, accountId, DrvPath.parse(drv))) ?? [null, null]
    return reply.type('application/json').send(JSON.stringify(status))
  })

  app.post('/firn/tasks/:id/there', async (request) => {
    const { task } = await callers.taskOf(request)
    return knownThere(db, task.account_id, Derivations.parse(request.body))
  })
}
