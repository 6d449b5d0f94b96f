import { Refusal } from '@firn/base/refusal'
import { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { DrvPath } from '@firn/contract/ids'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { readEvalBuild } from '../build/read-derivation.ts'
import { checkTaskToken } from '../catalog/token.ts'
import type { Db } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import type { Callers } from '../dispatch/callers.ts'
import { findOpenTask } from '../dispatch/open-task.ts'
import { archive } from '../forge/git/archive.ts'
import { type Forge, openRepository } from '../forge/open-repository.ts'
import { acceptEvents } from './accept-events.ts'
import { sourceOfTask } from './source.ts'

export type EvaluationRouteNeeds = { callers: Callers; db: Db; nudges: Nudges; key: Buffer; forge: Forge }

const Events = z.array(EvaluateEvent)

/** What agents say and ask while they evaluate (hercules-ci.md 4.8), below `/api/v1`. */
export function evaluationAgentRoutes(
  app: FastifyInstance,
  { db, nudges, callers, key, forge }: EvaluationRouteNeeds,
): void {
  app.post('/tasks/:id/eval', async (request, reply) => {
    const { task } = await callers.taskOf(request)
    await acceptEvents({ db, nudges }, task.id, Events.parse(request.body))
    return reply.status(204).send()
  })

  app.get('/agent/eval-build/:drv', async (request) => {
    const { accountId } = await callers.agentOf(request)
    const { drv } = request.params as { drv: string }
    return readEvalBuild(db, accountId, DrvPath.parse(drv))
  })

  /** The commit's files, for the task whose token stands in the URL and as long as it has not ended. */
  app.get('/tasks/:id/source/:token', async (request, reply) => {
    const { id, token } = request.params as { id: string; token: string }
    const task = checkTaskToken(key, 'source', token) === id ? await findOpenTask(db, id) : undefined
    const source = task && (await sourceOfTask(db, task))
    if (source === undefined) throw new Refusal('NOT_FOUND', 'This source is not there, or no longer.')
    const place = { ...source, slug: source.project }
    const opened = await openRepository({ db, key, forge }, place, [{ ref: source.ref, rev: source.rev }])
    // Agents ask again.
    if (!opened.ok) return reply.status(502).send({ errorTags: ['BAD_GATEWAY'], message: opened.reason })
    const stream = archive(forge.git, opened.path, { rev: source.rev, name: source.project })
    stream.once('close', opened.release)
    return reply.type('application/gzip').send(stream)
  })
}
