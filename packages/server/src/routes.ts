/** All addresses that the server answers, put together from the rooms' own. */
import { Refusal } from '@firn/base/refusal'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { buildAgentRoutes } from './build/agent-routes.ts'
import { buildRoutes } from './build/routes.ts'
import { buildTextRoutes } from './build/text-routes.ts'
import { anyone } from './catalog/caller.ts'
import { catalogRoutes } from './catalog/routes.ts'
import { checkTaskToken } from './catalog/token.ts'
import type { Config } from './config.ts'
import { agentRoutes } from './dispatch/agent-routes.ts'
import { acceptAgentSocket } from './dispatch/agent-socket.ts'
import { bearer } from './dispatch/callers.ts'
import { wholeLogRoutes } from './dispatch/log-routes.ts'
import { findOpenTask } from './dispatch/open-task.ts'
import { serviceInfo } from './dispatch/service-info.ts'
import { evaluationAgentRoutes } from './evaluation/agent-routes.ts'
import { readableRepository } from './evaluation/source.ts'
import type { RepositoryName } from './forge/git/repositories.ts'
import { forgeRoutes } from './forge/git/routes.ts'
import { repositoryRoutes } from './forge/remote/routes.ts'
import { answerErrors } from './http/answer-errors.ts'
import { apiPrefix, apiRoutes } from './http/api.ts'
import { authenticate } from './http/authenticate.ts'
import { acceptJson } from './http/json-body.ts'
import { observeRequests } from './http/observe-requests.ts'
import { pageRoutes, setSecurityHeaders } from './http/pages.ts'
import { signInRoutes } from './http/sign-in-routes.ts'
import { type AnySocketRoute, socketRoute } from './http/sockets.ts'
import { fileRoutes, rawFileRoute } from './job/file-routes.ts'
import { jobRoutes } from './job/routes.ts'
import { acceptLogSocket } from './logs/log-socket.ts'
import { logRoutes } from './logs/routes.ts'
import { logTextRoutes } from './logs/text-routes.ts'
import { metricsRoute } from './operations/metrics-route.ts'
import { operationsRoutes } from './operations/routes.ts'
import type { Parts } from './parts.ts'
import { liveRoutes } from './status/live.ts'
import { acceptRefs } from './trigger/accept-refs.ts'
import { pokeRoutes } from './trigger/poke-routes.ts'
import { pushAnswer } from './trigger/push-answer.ts'

/** Bodies of agents: a thousand events with long messages in them. */
const agentBodyMax = 64 * 1024 * 1024
const apiBodyMax = 1024 * 1024

type Places = {
  hook: { url: string; token: string }
  hooksFolder: string
  config: Pick<Config, 'webFolder' | 'metricsToken' | 'metricsProjects'>
}

export async function addRoutes(http: FastifyInstance, parts: Parts, places: Places): Promise<void> {
  const callerOf = (request: FastifyRequest) => authenticate(parts, request.raw)
  observeRequests(http, parts.metrics.requestAnswered)
  setSecurityHeaders(http)
  answerErrors(http)
  await http.register(async (app) => forgeRoutes(app, { ...parts, ...places, ...forgeCallbacks(parts) }))
  await http.register(async (app) => pokeRoutes(app, parts), { prefix: apiPrefix })
  await http.register(
    async (app) => {
      acceptJson(app, agentBodyMax)
      agentRoutes(app, parts)
      wholeLogRoutes(app, parts)
      evaluationAgentRoutes(app, parts)
      buildAgentRoutes(app, parts)
    },
    { prefix: apiPrefix },
  )
  await http.register(
    async (app) => {
      acceptJson(app, apiBodyMax)
      const texts = { ...parts, callerOf }
      logTextRoutes(app, texts)
      buildTextRoutes(app, texts)
      rawFileRoute(app, texts)
      apiRoutes(app, parts, contractRoutes(parts))
    },
    { prefix: apiPrefix },
  )
  await http.register(async (app) => {
    acceptJson(app, apiBodyMax)
    signInRoutes(app, parts)
  })
  await http.register(async (app) => {
    metricsRoute(app, { ...parts, ...places.config, callerOf })
    await pageRoutes(app, places.config.webFolder)
  })
}

/** The contract, answered by the rooms. */
function contractRoutes(parts: Parts) {
  const catalog = catalogRoutes(parts)
  const build = buildRoutes(parts)
  const job = jobRoutes({ ...parts, hasForge: parts.forge.isOpen })
  const repository = repositoryRoutes(parts)
  const log = logRoutes(parts)
  const operations = operationsRoutes(parts)
  return anyone.router({
    clientInfo: catalog.clientInfo,
    health: operations.health,
    accounts: catalog.accounts,
    projects: { ...catalog.projects, jobs: job.ofProject, jobsBySite: job.bySite },
    jobs: job.jobs,
    joinTokens: catalog.joinTokens,
    agents: { sessions: job.agents },
    derivations: build.derivations,
    firn: {
      whoami: catalog.whoami,
      signInLink: catalog.signInLink,
      home: job.home,
      commit: job.commit,
      file: fileRoutes(parts).file,
      jobOverview: job.overview,
      bumpJob: job.bump,
      attributes: build.attributes,
      revokeJoinToken: job.revokeJoinToken,
      audit: catalog.audit,
      operations: operations.operations,
      retention: operations.retention,
      previewRetention: operations.previewRetention,
      changeRetention: operations.changeRetention,
      queue: job.queue,
      settings: catalog.settings.get,
      changeSettings: catalog.settings.change,
      addRepository: repository.add,
      repository: repository.get,
      changeRepository: repository.change,
      lookAtRepository: repository.look,
      createPokeSecret: repository.createPokeSecret,
      deletePokeSecret: repository.deletePokeSecret,
      logWindow: log.window,
      logPhases: log.phases,
      followLog: log.follow,
      searchLog: log.search,
      searchLogs: build.searchLogs,
      live: liveRoutes(parts).live,
    },
  })
}

function forgeCallbacks(parts: Parts) {
  return {
    async clonedBy(taskId: string, name: RepositoryName) {
      const task = await findOpenTask(parts.db, taskId)
      return task?.kind === 'evaluate' ? readableRepository(parts.db, task, name) : undefined
    },
    async refsMoved(name: RepositoryName) {
      return pushAnswer(await acceptRefs(parts, name), parts.publicUrl)
    },
  }
}

/** The two sockets of agents (hercules-ci.md 4.8). */
export function socketRoutes(parts: Parts): AnySocketRoute[] {
  const needs = {
    ...parts,
    serviceInfo: serviceInfo(parts.publicUrl),
    logKept: parts.metrics.logKept,
  }
  return [
    socketRoute({
      path: `${apiPrefix}/agent-socket`,
      async authorise(request) {
        return (await parts.callers.agentOf(request)).sessionId
      },
      accept(socket, sessionId) {
        parts.metrics.socketOpened('agent', socket)
        return acceptAgentSocket(needs, socket, sessionId)
      },
    }),
    socketRoute({
      path: `${apiPrefix}/logs/build/socket`,
      async authorise(request) {
        const logId = checkTaskToken(parts.key, 'log', bearer(request.headers))
        if (logId === undefined) throw new Refusal('FORBIDDEN', 'This token is not good for a log.')
        return logId
      },
      accept(socket, logId) {
        parts.metrics.socketOpened('log', socket)
        return acceptLogSocket(needs, socket, logId)
      },
    }),
  ]
}
