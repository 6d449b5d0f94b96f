import type { Project } from '@firn/contract/api/project'
import { pages } from '@firn/contract/paths'
import { fileAddress, leadsToFile } from '@firn/core/forge/file-view'
import { addressOf } from '../address.ts'

/** A commit that positions are about. */
export type ProjectCommit = { project: Project; rev: string }

export type FileLink = { to: string; isElsewhere: boolean }

/** Where a line of a commit is shown: by the repository's host if it is known how, else by Firn. */
export function linkToFile(
  { project, rev }: ProjectCommit,
  { file, line }: { file: string; line: number },
): FileLink | undefined {
  if (project.fileView !== null) {
    const to = fileAddress(project.fileView, { rev, path: file, line })
    return to === undefined ? undefined : { to, isElsewhere: true }
  }
  if (!leadsToFile(file)) return undefined
  return { to: pages.file(addressOf(project), rev, file, line), isElsewhere: false }
}
