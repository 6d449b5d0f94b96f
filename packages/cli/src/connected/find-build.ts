import type { Job } from '@firn/contract/api/job'
import { parseAttributePath, showAttributePath } from '@firn/contract/attribute-path'
import { DrvPath } from '@firn/contract/ids'
import { readPageAddress } from '@firn/contract/paths'
import { derivationName } from '@firn/core/status/derivation-sentence'
import type { Client } from '../client.ts'
import { findJob, jobAddress, refuseForeign } from './find-job.ts'
import type { Connected } from './with-server.ts'

/** A derivation of an account. */
export type FoundBuild = { accountId: string; drv: string; viaJob: string | undefined }

export const buildForms = 'the path of the derivation, the address of its page, or a JOB and an attribute or name in it'

type Asked = Pick<Connected, 'client' | 'url'>

/**
 * The derivation that is meant: by its path or page, or by what it is called in a job.
 * @throws with a sentence for the user: it is not there, or several are meant
 */
export async function findBuild(asked: Asked, text: string, name: string | undefined): Promise<FoundBuild> {
  if (name !== undefined) return inJob(asked, await findJob(asked, text, ({ jobType }) => jobType !== 'Config'), name)
  const [, origin, address = ''] = /^(https?:\/\/[^/]+)(\/.*)$/.exec(text) ?? []
  if (origin !== undefined) return ofPage(asked, origin, address)
  if (DrvPath.safeParse(text).success) return ofAnyAccount(asked.client, text)
  throw new Error(`${text} ${wrongForm(text)} A build is written as ${buildForms}.`)
}

function wrongForm(text: string): string {
  return text.startsWith('/nix/store/')
    ? 'is not a derivation: its path ends in .drv (`nix-store --query --deriver` says which made an output).'
    : 'alone names no build.'
}

async function ofPage(asked: Asked, origin: string, address: string): Promise<FoundBuild> {
  const subject = readPageAddress(address)
  if (subject?.is !== 'derivation') throw new Error(`${origin}${address} is not the page of a build.`)
  await refuseForeign(asked, origin)
  const { site, account, drv, viaJob } = subject
  const { id } = await asked.client.accounts.bySite({ site, account })
  return { accountId: id, drv, viaJob }
}

async function ofAnyAccount(client: Client, drv: string): Promise<FoundBuild> {
  const accounts = await client.accounts.list({})
  const found = await Promise.all(accounts.map(({ id }) => isKnown(client, { id, drv })))
  const account = accounts.find((_, at) => found[at])
  if (account === undefined) throw new Error(`No evaluation has come upon ${drv}.`)
  return { accountId: account.id, drv, viaJob: undefined }
}

async function isKnown(client: Client, at: { id: string; drv: string }): Promise<boolean> {
  try {
    await client.derivations.get(at)
    return true
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 404) return false
    throw error
  }
}

async function inJob({ client }: Asked, job: Job, name: string): Promise<FoundBuild> {
  const { ownerId } = await client.projects.get({ id: job.projectId })
  const drv = (await byAttribute(client, job, name)) ?? (await byName(client, job, name))
  return { accountId: ownerId, drv, viaJob: job.id }
}

const searchCharsMax = 200

/** By an attribute's path as text (hercules-ci.md 5.2.1). @throws where the attribute has an error instead of a build */
async function byAttribute(client: Client, job: Job, text: string): Promise<string | undefined> {
  const path = parseAttributePath(text)
  if (path === undefined) return undefined
  const wanted = showAttributePath(path)
  for (let offset = 0; ; offset += 500) {
    const search = wanted.slice(0, searchCharsMax)
    const { items, total } = await client.firn.attributes({ id: job.id, search, offset, limit: 500 })
    const found = items.find((row) => showAttributePath(row.path) === wanted)
    if (found?.derivationPath) return found.derivationPath
    if (found !== undefined)
      throw new Error(
        `${wanted} does not evaluate, so there is no build of it: firn job show ${jobAddress(job)} says why.`,
      )
    if (offset + items.length >= total || items.length === 0) return undefined
  }
}

const namedMax = 20

/** By a derivation's name, or a part of it that only one has. */
async function byName(client: Client, job: Job, name: string): Promise<string> {
  const { derivations } = await client.jobs.evaluation({ id: job.id })
  const all = Object.keys(derivations)
  const same = all.filter((drv) => derivationName(drv) === name)
  const alike = same.length > 0 ? same : all.filter((drv) => derivationName(drv).includes(name))
  const [drv, ...others] = alike
  if (drv === undefined) throw new Error(`Nothing in ${jobAddress(job)} is called ${name}.`)
  if (others.length === 0) return drv
  const candidates = alike.slice(0, namedMax).map((one) => `\n  ${one}`)
  const more = alike.length > namedMax ? `\n  and ${alike.length - namedMax} more` : ''
  throw new Error(
    `${alike.length} builds in ${jobAddress(job)} are called ${name}. Which one?${candidates.join('')}${more}`,
  )
}
