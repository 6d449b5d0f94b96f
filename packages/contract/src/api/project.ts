import { z } from 'zod'
import { Id } from '../ids.ts'

export const Project = z.object({
  id: Id,
  ownerId: Id,
  repoId: Id,
  enabled: z.boolean(),
  siteSlug: z.string(),
  ownerSlug: z.string(),
  name: z.string(),
  slug: z.string(),
  displayName: z.string(),
  imageURL: z.string().nullable(),
  isPublic: z.boolean(),
  /** Firn's own: the branch whose state is the project's, without `refs/heads/`; null before the first push. */
  defaultBranch: z.string().nullable(),
  /** Firn's own: where to push or clone; null for a repository elsewhere. */
  httpURL: z.string().nullable(),
  /** Firn's own: the repository elsewhere that the project follows; null for one of the local forge. */
  remoteURL: z.string().nullable(),
  /** Firn's own: where the host of a repository elsewhere shows a file, with `{rev}`, `{path}` and `{line}` to be filled in; null: nowhere that is known. */
  fileView: z.string().nullable(),
})
export type Project = z.infer<typeof Project>

/** What can be chosen for a project; Firn's own. */
export const ProjectSettings = z.object({
  /** Whether evaluation may need things built (import from derivation). */
  importFromDerivation: z.boolean(),
  /** Whether flakes are fetched with their Git submodules. */
  submodules: z.boolean(),
  /** Whether a newer push of a branch ends the unfinished jobs of older ones. */
  supersede: z.boolean(),
})
export type ProjectSettings = z.infer<typeof ProjectSettings>

/** Those that an evaluation is made with, and that its agent is told. */
export const EvaluationChoices = ProjectSettings.pick({ importFromDerivation: true, submodules: true })
