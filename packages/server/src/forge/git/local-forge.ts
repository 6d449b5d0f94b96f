import type { Git } from './git.ts'
import type { Repositories } from './repositories.ts'

/** The forge inside the server: its repositories, and Git to read them. */
export type LocalForge = {
  git: Git
  repositories: Repositories
  /** Whether this server takes pushes; of several that share a database none does. */
  isOpen: boolean
}
