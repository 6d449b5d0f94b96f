import { basename, dirname } from 'node:path'
import { Refusal } from '@firn/base/refusal'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { localForge } from '../../catalog/accounts.ts'
import { checkPersonalToken } from '../../catalog/people.ts'
import { findProjectBySite } from '../../catalog/projects.ts'
import { checkTaskToken } from '../../catalog/token.ts'
import type { Db } from '../../db/connect.ts'
import { type Forge, openRepository, type ProjectPlace } from '../open-repository.ts'
import type { Wanted } from '../remote/mirrors.ts'
import { serveGit } from './http-backend.ts'
import { nameForm, type RepositoryName } from './repositories.ts'

export type ForgeRouteNeeds = {
  db: Db
  key: Buffer
  forge: Forge
  hooksFolder: string
  /** Where the post-receive hook reaches this process, and a token that only it knows. */
  hook: { url: string; token: string }
  /** The repository, if this task may read it now, and what it needs of it. */
  clonedBy(taskId: string, name: RepositoryName): Promise<{ project: ProjectPlace; wanted: Wanted[] } | undefined>
  /** What to say to the one who pushed. Called once the refs have moved. */
  refsMoved(name: RepositoryName): Promise<string>
}

/** The user name that goes with a token as the password; Git has to send some. */
const challenge = 'Basic realm="Firn: user x-access-token, password a token", charset="UTF-8"'

/**
 * Git's smart HTTP protocol: for the repositories of the local forge, and for tasks also the mirrors of those elsewhere, so that
 * agents need neither their credentials nor a way to them. And the address that the local forge's hook calls.
 */
export function forgeRoutes(app: FastifyInstance, needs: ForgeRouteNeeds): void {
  // The body of a push is Git's to read, and as long as it wants.
  app.addContentTypeParser('*', { bodyLimit: Number.MAX_SAFE_INTEGER }, (_request, payload, done) =>
    done(null, payload),
  )

  app.route({
    method: ['GET', 'POST'],
    url: '/git/:account/:repository/*',
    handler: async (request, reply) => {
      const name = nameOf(request)
      const isPush = serviceOf(request) === 'git-receive-pack'
      const right = await rightOf(needs, request, name)
      if (right.kind === 'none') return askForToken(reply)
      if (isPush && right.kind === 'read') throw new Refusal('FORBIDDEN', 'This token may read, not push.')
      if (right.kind === 'read' && right.project.remote_url !== null)
        return serveMirror(needs, { request, reply }, right)
      await refuseElsewhere(needs, name)
      if (isPush) await needs.forge.repositories.ensure(name)
      else if (!(await needs.forge.repositories.exists(name)))
        throw new Refusal(
          'NOT_FOUND',
          `There is no repository ${name.account}/${name.project}; the first push makes it.`,
        )
      reply.hijack()
      await serve(needs, request, reply, name)
    },
  })

  app.post('/git-hook/:account/:project/refs-moved', async (request, reply) => {
    if (request.headers.authorization !== `Bearer ${needs.hook.token}`)
      throw new Refusal('FORBIDDEN', 'Only the hook of the local forge calls this.')
    const { account, project } = request.params as RepositoryName
    return reply.type('text/plain').send(await needs.refsMoved({ account, project }))
  })
}

function nameOf(request: FastifyRequest): RepositoryName {
  const { account, repository } = request.params as { account: string; repository: string }
  const project = repository.replace(/\.git$/, '')
  if (account !== 'local')
    throw new Refusal('NOT_FOUND', 'The local forge has one account, local: push to …/git/local/NAME.git.')
  if (!nameForm.test(project) || project.endsWith('.lock'))
    throw new Refusal(
      'BAD_REQUEST',
      'A repository name has letters, digits, dots, dashes and underscores, at most 100, and does not begin with a dot or dash.',
    )
  return { account, project }
}

/** What the client wants to do: said in the query of the first request and in the path of the second. */
function serviceOf(request: FastifyRequest): string {
  const { service } = request.query as { service?: string }
  return service ?? request.url.split('?')[0]?.split('/').at(-1) ?? ''
}

type Right = { kind: 'none' } | { kind: 'write' } | { kind: 'read'; project: ProjectPlace; wanted: Wanted[] }

async function rightOf(
  { db, key, clonedBy }: ForgeRouteNeeds,
  request: FastifyRequest,
  name: RepositoryName,
): Promise<Right> {
  const password = passwordOf(request.headers.authorization)
  if (password === undefined) return { kind: 'none' }
  if ((await checkPersonalToken(db, password)) !== undefined) return { kind: 'write' }
  const taskId = checkTaskToken(key, 'clone', password)
  const readable = taskId === undefined ? undefined : await clonedBy(taskId, name)
  return readable === undefined ? { kind: 'none' } : { kind: 'read', ...readable }
}

/** @throws Refusal where the repository is not ours to serve */
async function refuseElsewhere({ db, forge }: ForgeRouteNeeds, name: RepositoryName): Promise<void> {
  const project = await findProjectBySite(db, { site: localForge, ...name })
  if (project !== undefined && project.remote_url !== null)
    throw new Refusal(
      'FORBIDDEN',
      `${name.account}/${name.project} follows ${project.remote_url}: push and clone there.`,
    )
  if (!forge.isOpen)
    throw new Refusal(
      'NOT_FOUND',
      'This server has no local forge (FIRN_LOCAL_FORGE). Add a repository that is elsewhere instead.',
    )
}

function passwordOf(authorization: string | undefined): string | undefined {
  const [scheme, value = ''] = (authorization ?? '').split(' ')
  if (scheme?.toLowerCase() === 'bearer') return value
  if (scheme?.toLowerCase() !== 'basic') return undefined
  const pair = Buffer.from(value, 'base64').toString()
  const [user = '', ...password] = pair.split(':')
  // `http://TOKEN@host/…` sends the token as the user name.
  return password.join(':') || user || undefined
}

function askForToken(reply: FastifyReply) {
  return reply.status(401).header('www-authenticate', challenge).type('text/plain').send(`${challenge}\n`)
}

async function serve(
  { forge, hooksFolder, hook }: ForgeRouteNeeds,
  request: FastifyRequest,
  reply: FastifyReply,
  { account, project }: RepositoryName,
): Promise<void> {
  const [, query = ''] = request.url.split('?')
  const rest = (request.params as { '*': string })['*']
  await serveGit(
    {
      root: forge.repositories.folder,
      path: `/${account}/${project}.git/${rest}`,
      query,
      env: {
        ...forge.git.env,
        GIT_CONFIG_COUNT: '2',
        GIT_CONFIG_KEY_1: 'core.hooksPath',
        GIT_CONFIG_VALUE_1: hooksFolder,
        FIRN_HOOK_URL: `${hook.url}/git-hook/${account}/${project}/refs-moved`,
        FIRN_HOOK_TOKEN: hook.token,
      },
    },
    request.raw,
    reply.raw,
  )
}

type Exchange = { request: FastifyRequest; reply: FastifyReply }

/** The requests of one clone may come to different replicas: each sees to it that its mirror has the commits. */
async function serveMirror(
  needs: ForgeRouteNeeds,
  { request, reply }: Exchange,
  { project, wanted }: { project: ProjectPlace; wanted: Wanted[] },
): Promise<void> {
  const opened = await openRepository(needs, project, wanted)
  if (!opened.ok) return reply.status(502).type('text/plain').send(`${opened.reason}\n`)
  try {
    const [, query = ''] = request.url.split('?')
    const path = `/${basename(opened.path)}/${(request.params as { '*': string })['*']}`
    reply.hijack()
    await serveGit({ root: dirname(opened.path), path, query, env: needs.forge.git.env }, request.raw, reply.raw)
  } finally {
    opened.release()
  }
}
