import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    /** The operation of the API that answers, by its name in the contract; empty elsewhere. */
    operation: string
  }
}

export type Answered = (at: { method: string; route: string; status: string }, ms: number) => void

/** Tells of each request by the template of its route, never by its address. Streams of events last as long as somebody looks. */
export function observeRequests(app: FastifyInstance, answered: Answered): void {
  app.decorateRequest('operation', '')
  app.addHook('onResponse', async (request, reply) => {
    if (String(reply.getHeader('content-type') ?? '').startsWith('text/event-stream')) return
    const route = request.operation || request.routeOptions.url || 'none'
    answered({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime)
  })
}
