import { contract } from '@firn/contract/api/contract'
import { implement } from '@orpc/server'
import { finder, found, mustWrite, refuse } from '../find.ts'
import type { StoredJob, StoredProject, World } from '../world.ts'

const os = implement(contract)

/** Accounts, projects, their settings, and the lists of jobs by project and commit. */
export function catalogRoutes(world: World) {
  const { account, accountById, ownedBy, project } = finder(world)
  return {
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
    settings: settingsRoutes(world),
    home: os.firn.home.handler(() => ({
      projects: world.projects.map((it) => ({ project: it.project, jobs: it.jobs.map((at) => at.job).slice(0, 20) })),
      remoteTemplate: 'http://127.0.0.1:8080/git/local/NAME.git',
      agentsOnline: world.agents.filter((it) => it.online).length,
    })),
    commit: os.firn.commit.handler(({ input }) => commitOverview(project(input.id), input.rev)),
  }
}

function settingsRoutes(world: World) {
  const { project } = finder(world)
  return {
    settings: os.firn.settings.handler(({ input }) => project(input.id).settings),
    changeSettings: os.firn.changeSettings.handler(({ input: { id, ...wanted } }) => {
      mustWrite(world)
      const { settings } = project(id)
      settings.importFromDerivation = wanted.importFromDerivation ?? settings.importFromDerivation
      settings.submodules = wanted.submodules ?? settings.submodules
      settings.supersede = wanted.supersede ?? settings.supersede
      return settings
    }),
  }
}

type Filter = {
  ref?: string | undefined
  handler?: string | undefined
  name?: string | undefined
  offsetIndex?: number | undefined
  limit: number
}

function jobPage(jobs: readonly StoredJob[], filter: Filter) {
  const rest = jobs
    .map((it) => it.job)
    .filter((it) => !filter.ref || it.source.ref === filter.ref)
    .filter((it) => !filter.handler || it.jobType === filter.handler)
    .filter((it) => !filter.name || it.jobName === filter.name)
    .filter((it) => filter.offsetIndex === undefined || it.index < filter.offsetIndex)
  return { items: rest.slice(0, filter.limit), more: rest.length > filter.limit }
}

function commitOverview(stored: StoredProject, rev: string) {
  const jobs = stored.jobs.map((it) => it.job).filter((it) => it.source.revision === rev)
  found(jobs[0], 'commit')
  const finished = jobs.every((it) => it.endTime !== null)
  return { project: stored.project, revision: rev, jobs, finished, because: jobs.map((it) => it.because).join(' ') }
}
