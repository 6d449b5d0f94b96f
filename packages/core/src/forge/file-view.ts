import type { FilePlaceholder } from '@firn/contract/api/file'

/**
 * Where a host shows the files of a repository: an http(s) address in which `{rev}`, `{path}` and `{line}` are left to be
 * filled in.
 */
type FileView = string

/** Below a repository's page, by the names of hosts whose form is known. */
const hosts: readonly [name: RegExp, below: FileView][] = [
  [/^github\.com$/, 'blob/{rev}/{path}#L{line}'],
  [/^gitlab\./, '-/blob/{rev}/{path}#L{line}'],
  [/^(?:codeberg\.org|(?:gitea|forgejo)\..+)$/, 'src/commit/{rev}/{path}#L{line}'],
  [/^git\.sr\.ht$/, 'tree/{rev}/item/{path}#L{line}'],
  [/^bitbucket\.org$/, 'src/{rev}/{path}#lines-{line}'],
]

/**
 * The file view of a repository: as the project's setting has it, else by the name of the host.
 * @param url as Git takes it: http(s) and ssh URLs, and `git@host:owner/name.git`. A login in it is left out.
 * @param template the setting: a file view that may also hold `{owner}` and `{name}`
 * @returns null where neither says anything, or they ask for an owner that the address has not
 */
export function fileViewOf({ url, template }: { url: string; template: string | null }): FileView | null {
  const place = readAddress(url)
  const owner = place?.path.slice(0, -1).join('/')
  const name = place?.path.at(-1)
  if (template !== null) {
    if (!/^https?:\/\//i.test(template)) return null
    return fill(template, { ...(owner && { owner }), ...(name && { name }) }, ['owner', 'name'])
  }
  const known = hosts.find(([host]) => place && host.test(place.host))
  return place && owner && known ? `${place.origin}/${owner}/${name}/${known[1]}` : null
}

export type FilePlace = { rev: string; path: string; line: number }

/**
 * The address of a line in a file view.
 * @param path from the repository's root, as a text from outside has it
 * @returns undefined where the path leads nowhere in a repository
 */
export function fileAddress(view: FileView, { rev, path, line }: FilePlace): string | undefined {
  if (!leadsToFile(path)) return undefined
  const texts = { rev, path: path.split('/').map(encodeURIComponent).join('/'), line: String(line) }
  return fill(view, texts, ['rev', 'path', 'line']) ?? undefined
}

/** Whether a text from outside can be the path of a file in a repository. */
export const leadsToFile = (path: string): boolean => path.split('/').every(isName)

/** Texts are encoded already, and so hold no braces. Null where one of `among` is asked for and missing. */
function fill(
  template: string,
  texts: { [Name in FilePlaceholder]?: string },
  among: readonly FilePlaceholder[],
): string | null {
  let filled = template
  for (const name of among) {
    const text = texts[name]
    if (text === undefined && filled.includes(`{${name}}`)) return null
    filled = filled.replaceAll(`{${name}}`, () => text ?? '')
  }
  return filled
}

/** Neither leads elsewhere, nor cannot be encoded. */
const isName = (segment: string) => segment !== '' && segment !== '.' && segment !== '..' && segment.isWellFormed()

const host = '(?<host>[a-z0-9_][a-z0-9._-]*|\\[[0-9a-f:.]+\\])'
const asUrl = new RegExp(`^(?<scheme>https?|ssh)://(?:[^/?#\\\\]*@)?${host}(?<port>:\\d+)?/+(?<path>[^?#\\\\]+)$`, 'i')
const asShort = new RegExp(`^(?:[^/?#\\\\@:]+@)?${host}:(?!//)(?<path>[^?#\\\\]+)$`, 'i')

/** A page's origin is http only where Git's address is; the port of ssh is no page's. Segments of the path are encoded. */
function readAddress(url: string): { host: string; origin: string; path: string[] } | undefined {
  const { host = '', scheme = 'ssh', port = '', path = '' } = (asUrl.exec(url) ?? asShort.exec(url))?.groups ?? {}
  const segments = path
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/, '')
    .split('/')
    .map(decoded)
  if (host === '' || !segments.every((segment) => segment !== undefined && isName(segment))) return undefined
  const web = scheme.toLowerCase() === 'http' ? 'http' : 'https'
  const origin = `${web}://${host.toLowerCase()}${scheme.toLowerCase() === 'ssh' ? '' : port}`
  return { host: host.toLowerCase(), origin, path: segments.map((segment) => encodeURIComponent(segment ?? '')) }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
