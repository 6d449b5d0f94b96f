import { Refusal } from '@firn/base/refusal'
import { derivationName } from '@firn/core/status/derivation-sentence'
import type { FastifyInstance } from 'fastify'
import { found } from '../catalog/routes.ts'
import { refuseStrangers, sendText, type TextNeeds } from '../logs/text-routes.ts'
import { findDerivation, newestLog } from './read-derivation.ts'

/** `GET accounts/{id}/derivations/{drv}/log`: the newest build's log as text (hercules-ci.md 5.2). */
export function buildTextRoutes(app: FastifyInstance, needs: TextNeeds): void {
  app.get('/accounts/:id/derivations/:drv/log', async (request, reply) => {
    await refuseStrangers(needs, request)
    const { id, drv } = request.params as { id: string; drv: string }
    const row = found(await findDerivation(needs.db, id, drv), 'derivation')
    const logId = await newestLog(needs.db, row.id)
    if (logId === undefined)
      throw new Refusal('NOT_FOUND', `No build of ${derivationName(row.path)} has begun yet, so there is no log.`)
    return sendText(needs, reply, { logId, name: `${derivationName(row.path)}.log` })
  })
}
