/** Repositories over Git's smart HTTP, with a password, for tests: Git's own `http-backend`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Certificate } from './certificate.ts'

export type GitServer = { url: string; port: number; refused: () => number; [Symbol.asyncDispose](): Promise<void> }

export type GitServerOptions = {
  /** https instead of http, as `localhost` */
  tls?: Certificate
  /** what is served besides the repositories, by its path */
  files?: Record<string, string>
  onRequest?: (headers: { authorization: string | undefined }) => void
}

/** `folder` holds repositories. */
export async function startGitServer(
  folder: string,
  login: { username: string; password: string },
  { tls, files = {}, onRequest }: GitServerOptions = {},
): Promise<GitServer> {
  const expected = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`
  let refused = 0
  const answer: RequestListener = (request, response) => {
    onRequest?.({ authorization: request.headers.authorization })
    if (request.headers.authorization !== expected) {
      refused++
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
      return
    }
    const { pathname, search } = new URL(request.url ?? '/', 'http://127.0.0.1')
    const file = files[pathname]
    if (file !== undefined) return void response.end(file)
    const cgi = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'],
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
        GIT_PROTOCOL: [request.headers['git-protocol']].flat()[0],
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    request.pipe(cgi.stdin)
    void Array.fromAsync(cgi.stdout).then((chunks) => {
      const all = Buffer.concat(chunks)
      const end = all.indexOf('\r\n\r\n')
      const headers = all
        .subarray(0, end)
        .toString()
        .split('\r\n')
        .map((line) => line.split(/: (.*)/))
      const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200'
      for (const [name = '', value = ''] of headers) if (name !== 'Status') response.setHeader(name, value)
      response.writeHead(Number.parseInt(status, 10)).end(all.subarray(end + 4))
    })
  }
  const server = tls ? createTlsServer({ key: tls.key, cert: tls.cert }, answer) : createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    port,
    refused: () => refused,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
