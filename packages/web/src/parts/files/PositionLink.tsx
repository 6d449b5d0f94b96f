import { createContext, type ReactNode, useContext } from 'react'
import { PageLink } from '../../ui/PageLink.tsx'
import type { ErrorPosition } from '../job/error-position.ts'
import { linkToFile, type ProjectCommit } from './file-link.ts'

const Commit = createContext<ProjectCommit | undefined>(undefined)

/** Positions below it are about this commit: errors stand deep in lists that have nothing else to do with it. */
export function AboutCommit({ commit, children }: { commit: ProjectCommit; children: ReactNode }) {
  return <Commit value={commit}>{children}</Commit>
}

/** Makes a position in the repository the link to its line; one elsewhere, such as in an input, stays text. */
export function PositionLink({ position, children }: { position: ErrorPosition; children: ReactNode }) {
  const commit = useContext(Commit)
  const link = commit && position.within === undefined ? linkToFile(commit, position) : undefined
  if (!link) return children
  if (!link.isElsewhere) return <PageLink to={link.to}>{children}</PageLink>
  return (
    <a href={link.to} rel="noreferrer noopener">
      {children}
    </a>
  )
}
