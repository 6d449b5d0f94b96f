import { z } from 'zod'
import { Id, Instant } from '../ids.ts'
import { filePlaceholders } from './file.ts'

/** A name or an address. Of ssh, URLs take anything for a host: also what a shell would read as a command. */
const hostForm = /^([A-Za-z0-9_][A-Za-z0-9._-]*|\[[0-9a-f:.]+\])$/

/** What is said of an address that cannot be one of a repository; undefined: it can. */
function problemOf(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || !['https:', 'http:', 'ssh:'].includes(url.protocol))
    return 'must be an https://, http:// or ssh:// URL, such as ssh://git@host/path for git@host:path'
  if (!hostForm.test(url.hostname)) return 'must name a host'
  if (url.password !== '' || (url.protocol !== 'ssh:' && url.username !== ''))
    return 'must not hold a login: give user name and password by themselves'
  if (url.hash !== '' || url.search !== '') return 'must not have a query or a fragment'
  return /[\s\p{Cc}]/u.test(text) ? 'must not hold blanks' : undefined
}

/** Where a Git repository is that is not in the local forge. */
export const RemoteUrl = z
  .string()
  .trim()
  .max(1000)
  .superRefine((text, context) => {
    const problem = problemOf(text)
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
  })

const oneLine = z.string().regex(/^[^\p{Cc}]*$/u, 'must be one line')

/** How to sign in there: a password or token over http(s), a private key without passphrase over ssh. */
const login = {
  username: oneLine.max(200).nullable(),
  password: z.string().min(1).max(20_000).nullable(),
}

/** What is said of a template that cannot become an address of files; undefined: it can. */
function problemOfTemplate(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || !/^https?:\/\/[^/]/i.test(text))
    return 'must be an http:// or https:// address, such as https://git.example.org/{owner}/{name}/blob/{rev}/{path}#L{line}'
  if (!hostForm.test(url.hostname)) return 'must name a host'
  if (url.username !== '' || url.password !== '') return 'must not hold a login'
  if (/[\s\\\p{Cc}]/u.test(text)) return 'must not hold blanks or backslashes'
  const isKnown = (name: string) => filePlaceholders.some((known) => known === name)
  const unknown = [...text.matchAll(/\{([^{}]*)\}/g)].find(([, name = '']) => !isKnown(name))
  if (unknown)
    return `has ${unknown[0]}, which nothing is known of: there are {owner}, {name}, {rev}, {path} and {line}`
  if (/[{}]/.test(text.replace(/\{[^{}]*\}/g, ''))) return 'has a brace that belongs to no placeholder'
  return text.includes('{path}') ? undefined : 'must hold {path}, which stands for the file'
}

/** Where the repository's host shows a line of a file. */
const FileTemplate = z
  .string()
  .trim()
  .max(1000)
  .superRefine((text, context) => {
    const problem = problemOfTemplate(text)
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
  })

/** Seconds between two looks at a repository of which nobody tells anything. */
const pollEveryS = z.int().min(10).max(86_400)

/** Names of projects: they are folder names and parts of URLs. */
export const ProjectName = z
  .string()
  .trim()
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/,
    'has letters, digits, dots, dashes and underscores, at most 100, and does not begin with a dot or dash',
  )
  .refine((name) => !/\.(git|lock)$/.test(name), 'does not end in .git or .lock')

/** `POST firn/accounts/{id}/repositories` */
export const NewRepository = z.object({
  name: ProjectName,
  url: RemoteUrl,
  username: login.username.default(null),
  password: login.password.default(null),
  pollEveryS: pollEveryS.default(60),
})

/** What of it can be changed; a password that is absent stays, null takes it away, as it does a template. */
export const RepositoryChanges = z
  .object({ url: RemoteUrl, ...login, pollEveryS, fileTemplate: FileTemplate.nullable() })
  .partial()

/** A repository elsewhere that a project follows, and how looking at it goes; Firn's own. */
export const Repository = z.object({
  url: z.string(),
  username: z.string().nullable(),
  hasPassword: z.boolean(),
  pollEveryS: z.int(),
  /** Where its host shows a line of a file; null: as hosts of its name do, if that is known. */
  fileTemplate: z.string().nullable(),
  /** The last look that succeeded. */
  seenAt: Instant.nullable(),
  nextPollAt: Instant,
  /** What the last look met; null: it succeeded, or none was made. */
  error: z.string().nullable(),
  /** How the repository may tell that something moved: where to POST, and with which secrets it may sign. */
  pokeUrl: z.string(),
  pokeSecrets: z.array(z.object({ id: Id, createdAt: Instant })),
})
export type Repository = z.infer<typeof Repository>

/** Shown once. */
export const CreatedPokeSecret = z.object({ id: Id, secret: z.string(), repository: Repository })
