import { contract } from '@firn/contract/api/contract'
import type { LogWindow } from '@firn/contract/api/log'
import { implement, ORPCError, withEventMeta } from '@orpc/server'
import type { FakeLog } from './log.ts'
import { idOf } from './make.ts'
import { attributeRows, jobOverview } from './overview.ts'
import type { StoredJob, StoredProject, World } from './world.ts'

const missing = (what: string) => new ORPCError('NOT_FOUND', { message: `There is no such ${what}.` })

function found<T>(thing: T | undefined, what: string): T {
  if (thing === undefined) throw missing(what)
  return thing
}

/** Answers the dashboard's part of the contract from the world; the rest refuses. */
export function fakeRouter(world: World) {
  const os = implement(contract)
  const refuse = () => {
    throw new ORPCError('NOT_IMPLEMENTED', { message: 'The fake server does not do this.' })
  }
  const account = (site: string, name: string) =>
    found(
      world.accounts.find((it) => it.sourceHostingSiteSlug === site && it.slug === name),
      'account',
    )
  const accountById = (id: string) =>
    found(
      world.accounts.find((it) => it.id === id),
      'account',
    )
  const project = (id: string) =>
    found(
      world.projects.find((it) => it.project.id === id),
      'project',
    )
  const job = (id: string) => found(world.findJob(id), 'job')
  const ownedBy = (id: string) => world.projects.filter((it) => it.project.ownerId === id)
  const log = (id: string) => found(world.logs.get(id), 'log')
  const derivation = (drv: string) => found(world.derivations.get(drv), 'derivation')

  return {
    clientInfo: os.clientInfo.handler(() => clientInfo(world)),
    health: { database: os.health.database.handler(() => ({ ok: true as const })) },
    accounts: {
      list: os.accounts.list.handler(() => world.accounts),
      me: os.accounts.me.handler(refuse),
      get: os.accounts.get.handler(({ input }) => accountById(input.id)),
      bySite: os.accounts.bySite.handler(({ input }) => account(input.site, input.account)),
      projects: os.accounts.projects.handler(({ input }) => ownedBy(input.id).map((it) => it.project)),
    },
    projects: {
      list: os.projects.list.handler(() => world.projects.map((it) => it.project)),
      get: os.projects.get.handler(({ input }) => project(input.id).project),
      bySite: os.projects.bySite.handler(({ input }) => {
        const owner = account(input.site, input.account)
        return found(ownedBy(owner.id).find((it) => it.project.slug === input.project)?.project, 'project')
      }),
      jobs: os.projects.jobs.handler(({ input }) => jobPage(project(input.id).jobs, input)),
      jobsBySite: os.projects.jobsBySite.handler(refuse),
    },
    jobs: {
      list: os.jobs.list.handler(({ input }) => {
        const owner = account(input.site ?? '', input.account ?? '')
        return ownedBy(owner.id)
          .filter((it) => !input.project || it.project.slug === input.project)
          .map((it) => ({
            project: it.project,
            jobs: it.jobs
              .map((at) => at.job)
              .filter((at) => input.index === undefined || at.index === input.index)
              .slice(0, input.latest),
          }))
      }),
      get: os.jobs.get.handler(({ input }) => job(input.id).at.job),
      handlers: os.jobs.handlers.handler(refuse),
      evaluation: os.jobs.evaluation.handler(refuse),
      evaluationLog: os.jobs.evaluationLog.handler(refuse),
      rerun: os.jobs.rerun.handler(({ input }) => rerun(world, input.id)),
    },
    joinTokens: {
      list: os.joinTokens.list.handler(({ input }) => world.tokens.filter((it) => it.ownerId === input.id)),
      create: os.joinTokens.create.handler(({ input }) => createToken(world, input)),
      delete: os.joinTokens.delete.handler(({ input }) => {
        world.tokens = world.tokens.filter((it) => it.id !== input.tokenId)
        return {}
      }),
    },
    agents: {
      sessions: os.agents.sessions.handler(({ input }) => (accountById(input.id).slug === 'local' ? world.agents : [])),
    },
    derivations: {
      get: os.derivations.get.handler(({ input }) => derivation(input.drv)),
      retry: os.derivations.retry.handler(({ input }) => {
        const it = derivation(input.drv)
        world.derivations.set(it.derivationPath, {
          ...it,
          status: 'Waiting',
          because: 'Waits for a free slot.',
          mayRestart: false,
        })
        world.announce({ kind: 'builds', derivations: [it.derivationPath] })
        return {}
      }),
      logLines: os.derivations.logLines.handler(refuse),
    },
    firn: {
      whoami: os.firn.whoami.handler(() => ({
        signedIn: true,
        name: 'Ada',
        mayWrite: world.mayWrite,
        version: '0.1.0',
        now: new Date().toISOString(),
      })),
      signInLink: os.firn.signInLink.handler(refuse),
      home: os.firn.home.handler(() => ({
        projects: world.projects.map((it) => ({ project: it.project, jobs: it.jobs.map((at) => at.job).slice(0, 20) })),
        remoteTemplate: 'http://127.0.0.1:8080/git/local/NAME.git',
        agentsOnline: world.agents.filter((it) => it.online).length,
      })),
      commit: os.firn.commit.handler(({ input }) => commitOverview(project(input.id), input.rev)),
      jobOverview: os.firn.jobOverview.handler(({ input }) => jobOverview(job(input.id).stored, job(input.id).at)),
      attributes: os.firn.attributes.handler(({ input }) => attributeRows(job(input.id).at.attributes, input)),
      queue: os.firn.queue.handler(({ input }) => (accountById(input.id).slug === 'local' ? world.queue : [])),
      logWindow: os.firn.logWindow.handler(({ input }) => logWindow(input.id, log(input.id), input)),
      followLog: os.firn.followLog.handler(async function* ({ input, signal }) {
        const it = log(input.id)
        let from = input.from
        while (!signal?.aborted) {
          if (it.total > from || it.done) yield logWindow(input.id, it, { from, count: 1000 })
          from = Math.max(from, Math.min(it.total, from + 1000))
          if (it.done && from >= it.total) return
          if (from >= it.total) await world.changed(signal)
        }
      }),
      live: os.firn.live.handler(async function* ({ lastEventId, signal }) {
        for await (const event of world.events(lastEventId, signal)) yield withEventMeta(event, { id: event.cursor })
      }),
    },
  }
}

function clientInfo(world: World) {
  return {
    apiBaseUrl: 'http://127.0.0.1:8080',
    frontendBaseUrl: 'http://127.0.0.1:8080',
    licensedTo: null,
    forges: [],
    personalAccounts: world.accounts.slice(0, 1),
  }
}

function jobPage(
  jobs: readonly StoredJob[],
  filter: { ref?: string | undefined; offsetIndex?: number | undefined; limit: number },
) {
  const rest = jobs
    .map((it) => it.job)
    .filter((it) => !filter.ref || it.source.ref === filter.ref)
    .filter((it) => filter.offsetIndex === undefined || it.index < filter.offsetIndex)
  return { items: rest.slice(0, filter.limit), more: rest.length > filter.limit }
}

function commitOverview(stored: StoredProject, rev: string) {
  const jobs = stored.jobs.map((it) => it.job).filter((it) => it.source.revision === rev)
  if (jobs.length === 0) throw missing('commit')
  const finished = jobs.every((it) => it.endTime !== null)
  return { project: stored.project, revision: rev, jobs, finished, because: jobs.map((it) => it.because).join(' ') }
}

function logWindow(id: string, log: FakeLog, { from, count }: { from: number; count: number }): LogWindow {
  const first = from < 0 ? Math.max(0, log.total + from) : from
  const length = Math.max(0, Math.min(count, log.total - first))
  return { id, lines: Array.from({ length }, (_, k) => log.line(first + k)), done: log.done, total: log.total }
}

function rerun(world: World, id: string) {
  const { stored, at } = found(world.findJob(id), 'job')
  const index = Math.max(...stored.jobs.map((it) => it.job.index)) + 1
  const again = {
    ...at.job,
    id: idOf(`job ${stored.project.name} ${index}`),
    index,
    rerunOf: at.job.id,
    rerunOfIndex: at.job.index,
    startTime: new Date().toISOString(),
  }
  stored.jobs.unshift({ ...at, job: again })
  world.announce({ kind: 'job', projectId: stored.project.id, jobIds: [again.id] })
  return again
}

function createToken(world: World, { id, description }: { id: string; description: string }) {
  const metadata = {
    id: idOf(`token ${world.tokens.length} ${description}`),
    ownerId: id,
    creationTime: new Date().toISOString(),
    description,
  }
  world.tokens.push(metadata)
  return { metadata, token: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ0JDAxOTMifQ.not-a-real-token' }
}
