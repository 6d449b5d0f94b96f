import type { Project } from '@firn/contract/api/project'

/** A project as the makers of addresses want it. */
export const addressOf = (project: Pick<Project, 'siteSlug' | 'ownerSlug' | 'slug'>) => ({
  site: project.siteSlug,
  account: project.ownerSlug,
  project: project.slug,
})
