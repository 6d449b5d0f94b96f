import { contract } from '@firn/contract/api/contract'
import { implement } from '@orpc/server'
import { refuse } from './find.ts'
import { catalogRoutes } from './routes/catalog.ts'
import { farmRoutes } from './routes/farm.ts'
import { fileRoutes } from './routes/file.ts'
import { jobRoutes } from './routes/jobs.ts'
import { liveRoutes } from './routes/live.ts'
import { operationsRoutes } from './routes/operations.ts'
import { repositoryRoutes } from './routes/repository.ts'
import type { World } from './world.ts'

const os = implement(contract)
const well = { ok: true as const, because: 'All is well.' }

/** Answers the dashboard's part of the contract from the world; the rest refuses. */
export function fakeRouter(world: World) {
  const { accounts, projects, settings, home, commit } = catalogRoutes(world)
  const { jobs, bumpJob, jobOverview, attributes } = jobRoutes(world)
  const { joinTokens, agents, derivations, queue, revokeJoinToken, audit } = farmRoutes(world)
  return {
    clientInfo: os.clientInfo.handler(() => clientInfo(world)),
    health: {
      database: os.health.database.handler(() => well),
      queue: os.health.queue.handler(() => well),
      github: os.health.github.handler(() => well),
    },
    accounts,
    projects,
    jobs,
    joinTokens,
    agents,
    derivations,
    firn: {
      whoami: os.firn.whoami.handler(() => whoami(world)),
      signInLink: os.firn.signInLink.handler(refuse),
      home,
      commit,
      bumpJob,
      jobOverview,
      attributes,
      ...settings,
      ...repositoryRoutes(world),
      ...fileRoutes(world),
      queue,
      revokeJoinToken,
      audit,
      ...operationsRoutes(world),
      ...liveRoutes(world),
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

const whoami = (world: World) => ({
  signedIn: true,
  name: 'Ada',
  mayWrite: world.mayWrite,
  version: '0.1.0',
  now: new Date().toISOString(),
})
