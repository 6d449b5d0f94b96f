import type { Job } from '@firn/contract/api/job'
import type { Client } from '../client.ts'
import { type ProjectName, readJobArgument } from './read-job-argument.ts'
import type { Connected } from './with-server.ts'

type Asked = Pick<Connected, 'client' | 'url'>
type Project = Awaited<ReturnType<Client['projects']['list']>>[number]

export const jobForms =
  'PROJECT#NUMBER, SITE/ACCOUNT/PROJECT#NUMBER, the address of its page, an id, or PROJECT for its newest job'

/**
 * The job that is meant.
 * @param isWanted which of a project's jobs counts as its newest
 * @throws with a sentence for the user: it is not there, or several are meant
 */
export async function findJob(
  asked: Asked,
  text: string,
  isWanted: (job: Pick<Job, 'jobType'>) => boolean = () => true,
): Promise<Job> {
  const { client } = asked
  const argument = readJobArgument(text)
  if (argument === undefined) throw new Error(`${text} is not a job. A job is written as ${jobForms}.`)
  if (argument.is === 'id') return client.jobs.get({ id: argument.id })
  await refuseForeign(asked, argument.origin)
  const project = await findProject(client, argument)
  return argument.is === 'job' ? numbered(client, project, argument.index) : newest(client, project, isWanted)
}

/** A job as it is written for `findJob`. */
export function jobAddress({ forgeName, ownerName, repoName, index }: JobPlace): string {
  return `${forgeName}/${ownerName}/${repoName}#${index}`
}

export type JobPlace = Pick<Job, 'forgeName' | 'ownerName' | 'repoName' | 'index'>

async function numbered(client: Client, project: Project, index: number): Promise<Job> {
  const { site, account, project: slug } = placeOf(project)
  const found = await client.jobs.list({ site, account, project: slug, index })
  const job = found[0]?.jobs[0]
  if (job !== undefined) return job
  const last = await newestOf(client, project, 1)
  const there = last[0] === undefined ? 'has no jobs yet' : `has no job #${index}; its newest is #${last[0].index}`
  throw new Error(`${nameOf(project)} ${there}.`)
}

async function newest(
  client: Client,
  project: Project,
  isWanted: (job: Pick<Job, 'jobType'>) => boolean,
): Promise<Job> {
  const jobs = await newestOf(client, project, 50)
  const job = jobs.find(isWanted) ?? jobs[0]
  if (job === undefined) throw new Error(`${nameOf(project)} has no jobs yet.`)
  return job
}

async function newestOf(client: Client, project: Project, limit: number): Promise<Job[]> {
  return (await client.projects.jobs({ id: project.id, limit })).items
}

/** The project that is meant. @throws with a sentence for the user: it is not there, or several are meant */
export async function findProject(client: Client, name: ProjectName): Promise<Project> {
  const found = await client.projects.list(name)
  const [project, ...others] = found
  if (project === undefined) throw new Error(await noProject(client, name))
  if (others.length === 0) return project
  const candidates = found.map((one) => `\n  ${nameOf(one)}`).join('')
  throw new Error(`${found.length} projects are called ${name.project}. Which one?${candidates}`)
}

const namedMax = 20

async function noProject(client: Client, { site, account, project }: ProjectName): Promise<string> {
  const all = await client.projects.list({})
  const known = all.slice(0, namedMax).map((one) => `\n  ${nameOf(one)}`)
  const more = all.length > namedMax ? `\n  and ${all.length - namedMax} more` : ''
  const wanted = [site, account, project].filter((part) => part !== undefined).join('/')
  if (all.length === 0) return `There is no project ${wanted}, and no other: the first push makes one.`
  return `There is no project ${wanted}. There are:${known.join('')}${more}`
}

function placeOf({ siteSlug, ownerSlug, slug }: Project) {
  return { site: siteSlug, account: ownerSlug, project: slug }
}

function nameOf(project: Project): string {
  return Object.values(placeOf(project)).join('/')
}

/** An address of another Firn would be looked up here, and another job would be found. */
export async function refuseForeign({ client, url }: Asked, origin: string | undefined): Promise<void> {
  if (origin === undefined || origin === new URL(url).origin) return
  const { frontendBaseUrl } = await client.clientInfo()
  if (origin === new URL(frontendBaseUrl).origin) return
  throw new Error(
    `That page is of ${origin}, and this command asks ${frontendBaseUrl}. Name its state folder with --state, or set FIRN_URL and FIRN_TOKEN.`,
  )
}
