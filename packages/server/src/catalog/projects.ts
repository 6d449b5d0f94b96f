import type { Project, ProjectSettings } from '@firn/contract/api/project'
import { fileViewOf } from '@firn/core/forge/file-view'
import type { Reads, Tx } from '../db/connect.ts'
import { localForge } from './accounts.ts'
import { newId } from './ids.ts'
import { type ProjectRow, projects } from './store.ts'

export type { ProjectRow }

export function findProject(db: Reads, id: string): Promise<ProjectRow | undefined> {
  return projects(db).where('project.id', '=', id).executeTakeFirst()
}

export type ProjectAddress = { site: string; account: string; project: string }

export function findProjectBySite(db: Reads, at: ProjectAddress): Promise<ProjectRow | undefined> {
  return projects(db)
    .where('forge.slug', '=', at.site)
    .where('account.slug', '=', at.account)
    .where('project.slug', '=', at.project)
    .executeTakeFirst()
}

/** All that match the given parts of the address, by address. */
export function listProjects(db: Reads, at: Partial<ProjectAddress> & { accountId?: string }): Promise<ProjectRow[]> {
  let query = projects(db)
  if (at.accountId !== undefined) query = query.where('project.account_id', '=', at.accountId)
  if (at.site !== undefined) query = query.where('forge.slug', '=', at.site)
  if (at.account !== undefined) query = query.where('account.slug', '=', at.account)
  if (at.project !== undefined) query = query.where('project.slug', '=', at.project)
  return query.orderBy('forge.slug').orderBy('account.slug').orderBy('project.slug').execute()
}

/** The project of this name in the account, made if there is none. */
export async function ensureProject(tx: Tx, accountId: string, slug: string): Promise<ProjectRow> {
  await tx
    .insertInto('project')
    .values({ id: newId(), account_id: accountId, slug })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return projects(tx)
    .where('project.account_id', '=', accountId)
    .where('project.slug', '=', slug)
    .executeTakeFirstOrThrow()
}

/** A project that follows a repository elsewhere. @returns its id; undefined when the name is taken */
export async function insertProject(
  tx: Tx,
  { accountId, slug, remoteUrl }: { accountId: string; slug: string; remoteUrl: string },
): Promise<string | undefined> {
  const made = await tx
    .insertInto('project')
    .values({ id: newId(), account_id: accountId, slug, remote_url: remoteUrl })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  return made?.id
}

/** @param branch without `refs/heads/` */
export async function setDefaultBranch(tx: Tx, projectId: string, branch: string): Promise<void> {
  await tx.updateTable('project').set({ default_branch: branch }).where('id', '=', projectId).execute()
}

/** Takes the next number of the project's jobs; the row stays locked, so numbers are taken in order. */
export async function takeJobIndex(tx: Tx, projectId: string): Promise<number> {
  const { next_job_index } = await tx
    .updateTable('project')
    .set((eb) => ({ next_job_index: eb('next_job_index', '+', 1) }))
    .where('id', '=', projectId)
    .returning('next_job_index')
    .executeTakeFirstOrThrow()
  return next_job_index - 1
}

/** A row as the API shows it. */
export function showProject(row: ProjectRow, publicUrl: string): Project {
  return {
    id: row.id,
    ownerId: row.account_id,
    repoId: row.id,
    enabled: row.enabled,
    siteSlug: row.site,
    ownerSlug: row.account,
    name: row.slug,
    slug: row.slug,
    displayName: row.slug,
    imageURL: null,
    isPublic: false,
    defaultBranch: row.default_branch,
    httpURL: row.site === localForge && row.remote_url === null ? localRemote(publicUrl, row.account, row.slug) : null,
    remoteURL: row.remote_url,
    fileView: row.remote_url === null ? null : fileViewOf({ url: row.remote_url, template: row.file_template }),
  }
}

/** Where to push to, in the forge inside the server. */
export function localRemote(publicUrl: string, account: string, project: string): string {
  return `${publicUrl}/git/${account}/${project}.git`
}

export function showSettings(row: ProjectRow): ProjectSettings {
  const { import_from_derivation: importFromDerivation, submodules, supersede } = row
  return { importFromDerivation, submodules, supersede }
}

/** Changes what is given; jobs that are evaluated already stay as they are. */
export async function changeSettings(
  db: Reads,
  id: string,
  { importFromDerivation, submodules, supersede }: { [K in keyof ProjectSettings]?: ProjectSettings[K] | undefined },
): Promise<void> {
  const changes = {
    ...(importFromDerivation === undefined ? {} : { import_from_derivation: importFromDerivation }),
    ...(submodules === undefined ? {} : { submodules }),
    ...(supersede === undefined ? {} : { supersede }),
  }
  if (Object.keys(changes).length > 0) await db.updateTable('project').set(changes).where('id', '=', id).execute()
}
