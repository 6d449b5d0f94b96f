import { BuildEvent } from '@firn/contract/agent/build-event'
import { Derivations } from '@firn/contract/agent/there'
import { DrvPath } from '@firn/contract/ids'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Db } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { agentOf, taskOf } from '../dispatch/agent-routes.ts'
import { acceptOutputs } from './accept-outputs.ts'
import { readEvalBuild } from './read-derivation.ts'
import { recoverInputs } from './recover-inputs.ts'
import { knownThere } from './seen.ts'

const Events = z.array(BuildEvent)

/** What agents say of builds (hercules-ci.md 4.7), below `/api/v1`. */
export function buildAgentRoutes(app: FastifyInstance, { db, nudges }: { db: Db; nudges: Nudges }): void {
  app.post('/tasks/:id/build', async (request, reply) => {
    const { task } = await taskOf(db, request)
    const events = Events.parse(request.body)
    await acceptOutputs(db, task, events)
    const missing = events.flatMap((event) => (event.tag === 'FirnMissingInputs' ? event.contents.paths : []))
    if (missing.length > 0) await recoverInputs({ db, nudges }, task, missing)
    return reply.status(204).send()
  })

  // As agents asked before `agent/eval-build`, which also names the attempt.
  app.get('/agent/build/:drv', async (request, reply) => {
    const { accountId } = await agentOf(db, request)
    const { drv } = request.params as { drv: string }
    const [, status] = (await readEvalBuild(db, accountId, DrvPath.parse(drv))) ?? [null, null]
    return reply.type('application/json').send(JSON.stringify(status))
  })

  app.post('/firn/tasks/:id/there', async (request) => {
    const { task } = await taskOf(db, request)
    return knownThere(db, task.account_id, Derivations.parse(request.body))
  })
}
