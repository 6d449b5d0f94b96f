import { Refusal } from '@firn/base/refusal'
import { OpenAPIHandler } from '@orpc/openapi/fastify'
import { type AnyRouter, ORPCError, onError } from '@orpc/server'
import type { FastifyInstance } from 'fastify'
import type { ApiContext } from '../catalog/caller.ts'
import { answerOf } from './answer-errors.ts'
import { type AuthNeeds, authenticate } from './authenticate.ts'

export const apiPrefix = '/api/v1'

/** Serves the contract's routes below `/api/v1`; refusals become answers as hercules-ci.md 5.1.1 has them. */
export function apiRoutes(app: FastifyInstance, needs: AuthNeeds, router: AnyRouter): void {
  const handler = new OpenAPIHandler<ApiContext>(router, {
    interceptors: [
      onError((error) => {
        if (error instanceof ORPCError) {
          if (error.status >= 500) app.log.error({ err: error }, 'request failed')
          return
        }
        const { status, body } = answerOf(error)
        if (status === 500) app.log.error({ err: error }, 'request failed')
        throw new ORPCError(body.errorTags[0] ?? 'ERROR', { status, message: body.message, cause: error })
      }),
    ],
    clientInterceptors: [
      ({ path, context, next }) => {
        context.called?.(path.join('.'))
        return next()
      },
    ],
    customErrorResponseBodyEncoder: (error) => answerOf(error).body,
  })
  app.all('/*', async (request, reply) => {
    const caller = await authenticate(needs, request.raw)
    const called = (operation: string) => {
      request.operation = operation
    }
    const { matched } = await handler.handle(request, reply, { prefix: apiPrefix, context: { caller, called } })
    if (!matched) throw new Refusal('NOT_FOUND', 'There is nothing at this address of the API.')
  })
}
