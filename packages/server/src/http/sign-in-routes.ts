import type { FastifyInstance } from 'fastify'
import { type SignIn, signInPath } from '../catalog/sign-in.ts'

/** Hands requests below `/api/auth` to better-auth, which speaks in web requests and answers. */
export function signInRoutes(app: FastifyInstance, { signIn, publicUrl }: { signIn: SignIn; publicUrl: string }): void {
  app.route({
    method: ['GET', 'POST'],
    url: `${signInPath}/*`,
    handler: async (request, reply) => {
      const headers = new Headers()
      for (const [name, value] of Object.entries(request.headers))
        if (value !== undefined) headers.append(name, String(value))
      const answer = await signIn.handle(
        new Request(new URL(request.url, publicUrl), {
          method: request.method,
          headers,
          ...(request.body === undefined || request.body === null ? {} : { body: JSON.stringify(request.body) }),
        }),
      )
      reply.status(answer.status)
      for (const [name, value] of answer.headers) if (name !== 'set-cookie') reply.header(name, value)
      for (const cookie of answer.headers.getSetCookie()) reply.header('set-cookie', cookie)
      return reply.send(Buffer.from(await answer.arrayBuffer()))
    },
  })
}
