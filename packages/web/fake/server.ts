import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { OpenAPIHandler } from '@orpc/openapi/node'
import { type ORPCError, ValidationError } from '@orpc/server'
import { longLog } from './log.ts'
import { idOf, makeDerivation } from './make.ts'
import { fakeRouter } from './routes.ts'
import { agents } from './stories/agents.ts'
import { broken } from './stories/broken.ts'
import { compared, comparedLarge } from './stories/compared.ts'
import { evaluated } from './stories/evaluated.ts'
import { fileKey, repositoryFiles } from './stories/files.ts'
import { type Running, running } from './stories/running.ts'
import { deploying, green, large, small } from './stories/settled.ts'
import { hostileStory, longNames, waiting } from './stories/waiting.ts'
import { World } from './world.ts'

/** What Firn's server sends with every page. */
const contentSecurityPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

export type FakeServer = AsyncDisposable & { url: string; world: World; running: Running }

/**
 * A server at the far end of the wire with a story for every state, on loopback. Port 0 takes a free one.
 * With `dist` it also serves the built page, as Firn's server does.
 */
export async function startFakeServer({ port = 0, dist }: { port?: number; dist?: string }): Promise<FakeServer> {
  const world = new World()
  const underWay = running(world)
  const stories = [
    broken,
    waiting,
    green,
    deploying,
    small,
    compared,
    evaluated,
    hostileStory,
    longNames,
    agents,
    repositoryFiles,
  ]
  for (const story of stories) story(world)
  large(world)
  comparedLarge(world)
  world.logs.set(idOf('log big'), longLog(1_000_000))
  world.addDerivation(makeDerivation('chatty-tests', { status: 'BuildFailure', because: 'The builder failed.' }), {
    ...longLog(3_000_000),
    cut: { from: 1_000_000, to: 2_000_000, chars: 91_000_000 },
  })
  const api = new OpenAPIHandler(fakeRouter(world), {
    customErrorResponseBodyEncoder: (error) => ({ errorTags: [error.code], message: messageOf(error) }),
  })
  const server = createServer(async (request, response) => {
    if (request.url?.startsWith('/api/') && !world.signedIn) return refuseStranger(response)
    const logId = /^\/api\/v1\/firn\/logs\/([^/]+)\/text$/.exec(request.url ?? '')?.[1]
    if (logId) return sendLogText(world, logId, response)
    const path = new URL(request.url ?? '/', 'http://localhost')
    if (path.pathname.endsWith('/file/raw')) return sendFile(world, path, response)
    const { matched } = await api.handle(request, response, { prefix: '/api/v1', context: {} })
    if (!matched) await serveFile(request, response, dist)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    world,
    running: underWay,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** With what is wrong with the request, as the server says it. */
function messageOf({ message, cause }: ORPCError<string, unknown>): string {
  return cause instanceof ValidationError ? `${message}: ${cause.issues.map((it) => it.message).join('; ')}` : message
}

function sendLogText(world: World, id: string, response: ServerResponse): void {
  const log = world.logs.get(id)
  response.setHeader('content-disposition', `attachment; filename="log-${id}.txt"`)
  response.end(Array.from({ length: log?.total ?? 0 }, (_, i) => `${log?.line(i).t}\n`).join(''))
}

function sendFile(world: World, { pathname, searchParams }: URL, response: ServerResponse): void {
  const [, , , , , id = ''] = pathname.split('/')
  const file = world.files.get(fileKey(id, searchParams.get('path') ?? ''))
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.setHeader('content-disposition', 'attachment; filename="file"')
  response.end(file?.kind === 'file' ? (file.text ?? 'all of it') : '')
}

function refuseStranger(response: ServerResponse): void {
  response.writeHead(401, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ errorTags: ['UNAUTHORIZED'], message: 'Reading this needs a sign-in.' }))
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

async function serveFile(request: IncomingMessage, response: ServerResponse, dist: string | undefined): Promise<void> {
  if (!dist) return void response.writeHead(404).end()
  const path = new URL(request.url ?? '/', 'http://localhost').pathname
  const wanted = join(dist, path)
  const isFile = wanted.startsWith(dist) && (await stat(wanted).catch(() => undefined))?.isFile()
  const file = isFile ? wanted : join(dist, 'index.html')
  response.writeHead(200, {
    'content-type': types[extname(file)] ?? 'application/octet-stream',
    'content-security-policy': contentSecurityPolicy,
  })
  createReadStream(file).pipe(response)
}
