import { Refusal } from '@firn/base/refusal'
import { Id } from '@firn/contract/ids'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Db } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { checkPoke } from '../forge/remote/poke-secrets.ts'
import { askForLook, remotesTopic } from '../forge/remote/remotes.ts'

const bodyBytesMax = 1024 * 1024

/**
 * A repository elsewhere says that something moved there: it is looked at now instead of at the next interval. What the body says
 * is not read; that it is signed is checked.
 */
export function pokeRoutes(app: FastifyInstance, { db, nudges, key }: { db: Db; nudges: Nudges; key: Buffer }): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyBytesMax }, (_request, body, done) =>
    done(null, body),
  )
  app.post('/firn/projects/:id/poke', async (request, reply) => {
    const { id } = request.params as { id: string }
    const poke = {
      timestamp: header(request, 'x-firn-timestamp'),
      signature: header(request, 'x-firn-signature'),
      body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    }
    if (!Id.safeParse(id).success || !(await checkPoke({ db, key }, id, poke)))
      throw new Refusal(
        'FORBIDDEN',
        'This is not signed by a poke secret of the project, or its timestamp is not of the last five minutes. X-Firn-Signature is sha256= and the HMAC-SHA256, in hex, of the text of X-Firn-Timestamp (seconds), a dot, and the body.',
      )
    await askForLook(db, id)
    nudges.send(remotesTopic)
    return reply.status(202).send({})
  })
}

function header(request: FastifyRequest, name: string): string {
  return String(request.headers[name] ?? '')
}
