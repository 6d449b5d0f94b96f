import { z } from 'zod'
import { Rev } from '../ids.ts'

/** What a template of file links is filled in with. `owner` is all of the repository's address between host and name. */
export const filePlaceholders = ['owner', 'name', 'rev', 'path', 'line'] as const
export type FilePlaceholder = (typeof filePlaceholders)[number]

const namesNoFile = (name: string) => name === '' || name === '.' || name === '..'

/** What is said of a path that can be none in a repository; undefined: it can. */
function problemOf(path: string): string | undefined {
  if (path === '') return undefined
  if (path.startsWith('/')) return 'begins at the root of the repository, without a slash'
  if (path.includes('\0')) return 'has no NUL'
  return path.split('/').some(namesNoFile) ? 'has names between its slashes, of which none is . or ..' : undefined
}

/**
 * A path from a repository's root, empty for the root itself. Names are read as UTF-8: bytes of a name that are none stand as
 * U+FFFD, as they do in what Nix says of the file.
 */
export const FilePath = z
  .string()
  .max(4096)
  .superRefine((path, context) => {
    const problem = problemOf(path)
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
  })

/** A name in a folder; `bytes` of files only. */
export const FolderEntry = z.object({
  name: z.string(),
  kind: z.enum(['folder', 'file', 'symlink', 'submodule']),
  bytes: z.int().nullable(),
})
export type FolderEntry = z.infer<typeof FolderEntry>

/** What stands at a path of a commit. A symbolic link is never followed, and what a submodule holds is elsewhere. */
export const RepositoryFile = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('folder'), entries: z.array(FolderEntry), total: z.int() }),
  z.object({
    kind: z.literal('file'),
    bytes: z.int(),
    isExecutable: z.boolean(),
    /** Null where `withheld` says why. */
    text: z.string().nullable(),
    withheld: z.enum(['large', 'binary']).nullable(),
  }),
  /** `target` as the link has it; null where it is longer than a path can be. */
  z.object({ kind: z.literal('symlink'), target: z.string().nullable() }),
  z.object({ kind: z.literal('submodule'), rev: Rev }),
])
export type RepositoryFile = z.infer<typeof RepositoryFile>
