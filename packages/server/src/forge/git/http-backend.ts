import { spawn } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'

export type BackendRequest = {
  /** The folder of all repositories, and the path below it that the request is for. */
  root: string
  path: string
  query: string
  env: Record<string, string>
}

/**
 * Answers one request of Git's smart HTTP protocol by `git http-backend`, a CGI program (git-http-backend(1)).
 * It, and what it starts, dies with this process: a hook that outlived the server would wait for nobody.
 */
export async function serveGit(
  { root, path, query, env }: BackendRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const header = (name: string) => String(request.headers[name] ?? '')
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'git', 'http-backend'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...env,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: header('content-type'),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      HTTP_GIT_PROTOCOL: header('git-protocol'),
      GIT_PROTOCOL: header('git-protocol'),
      REMOTE_USER: 'firn',
      REMOTE_ADDR: '127.0.0.1',
      ...(header('content-length') === '' ? {} : { CONTENT_LENGTH: header('content-length') }),
    },
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  child.once('error', () => response.destroy())
  child.stderr.resume()
  response.once('close', () => child.kill())
  // Git may answer before it has read everything; that it stops reading then is no error of ours.
  const sent = pipeline(request, child.stdin).catch(() => {})
  const head = await readHead(child.stdout)
  if (head === undefined) {
    if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
    response.end('git http-backend gave no answer\n')
  } else {
    response.writeHead(head.status, head.headers)
    response.write(head.rest)
    await pipeline(child.stdout, response).catch(() => child.kill())
  }
  await Promise.all([sent, ended])
}

type Head = { status: number; headers: Record<string, string>; rest: Buffer }

/** A CGI answer's head: header lines up to an empty one; `Status:` is the status. */
async function readHead(stdout: NodeJS.ReadableStream): Promise<Head | undefined> {
  let bytes = Buffer.alloc(0)
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n')
    if (end >= 0) return { ...parseHead(bytes.toString('latin1', 0, end)), rest: bytes.subarray(end + 4) }
    const chunk = stdout.read()
    if (chunk !== null) bytes = Buffer.concat([bytes, Buffer.from(chunk)])
    else if (!(await readable(stdout))) return undefined
  }
}

function readable(stream: NodeJS.ReadableStream): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (more: boolean) => () => {
      stream.off('readable', yes).off('end', no).off('close', no).off('error', no)
      resolve(more)
    }
    const [yes, no] = [settle(true), settle(false)]
    stream.on('readable', yes).on('end', no).on('close', no).on('error', no)
  })
}

function parseHead(text: string): { status: number; headers: Record<string, string> } {
  const headers: Record<string, string> = {}
  let status = 200
  for (const line of text.split('\r\n')) {
    const [name = '', ...value] = line.split(':')
    if (name.toLowerCase() === 'status') status = Number.parseInt(value.join(':'), 10)
    else headers[name] = value.join(':').trim()
  }
  return { status, headers }
}
