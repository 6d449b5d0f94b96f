import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { Refusal } from '@firn/base/refusal'
import type { FastifyInstance } from 'fastify'

/** What a page may load: only what this server serves. Nothing from a repository or a log ever runs as script. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** Headers of every answer. */
export function setSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onSend', async (_request, reply) => {
    reply.header('content-security-policy', contentSecurityPolicy)
    reply.header('x-content-type-options', 'nosniff')
    reply.header('referrer-policy', 'same-origin')
    reply.header('cross-origin-opener-policy', 'same-origin')
  })
}

/** The built dashboard: its files, and its one page for every address that looks like a page. */
export async function pageRoutes(app: FastifyInstance, webFolder: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: join(webFolder, 'assets'),
    prefix: '/assets/',
    immutable: true,
    maxAge: '365d',
    decorateReply: false,
  })
  app.get('/favicon.svg', async (_request, reply) =>
    reply.type('image/svg+xml').send(await readFile(join(webFolder, 'favicon.svg'))),
  )
  app.get('/*', async (request, reply) => {
    if (!(request.headers.accept ?? '*/*').includes('html') && !request.headers.accept?.includes('*/*'))
      throw new Refusal('NOT_FOUND', 'There is nothing at this address.')
    const page = await readFile(join(webFolder, 'index.html')).catch(() => undefined)
    if (page === undefined)
      throw new Refusal('NOT_FOUND', 'The dashboard has not been built: run `npm run build -w @firn/web`.')
    return reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page)
  })
}
