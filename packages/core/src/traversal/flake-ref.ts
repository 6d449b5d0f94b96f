/** Flake references as text, in the attributes that a lock file uses. Authority: the Nix manual, "Flake references". */
export type FlakeRef = Record<string, string>

const isRev = (text: string) => /^[0-9a-f]{40}$/.test(text)

/** Undefined for a form that is not known here: nothing is said of such a reference. */
export function parseFlakeRef(url: string): FlakeRef | undefined {
  const { base, named } = splitQuery(url)
  const parsed = parseForge(base) ?? parseGit(base) ?? parsePath(base) ?? parseTarball(base) ?? parseIndirect(base)
  return parsed && { ...parsed, ...named }
}

/** What stands in the query of a reference's URL as attributes of it: some Nix leave it there, some do not. */
export function withoutQuery(ref: FlakeRef): FlakeRef {
  if (ref.url === undefined) return ref
  const { base, named } = splitQuery(ref.url)
  return { ...named, ...ref, url: base }
}

function splitQuery(url: string): { base: string; named: FlakeRef } {
  const [, base = '', query = ''] = /^([^?#]*)(?:\?([^#]*))?$/.exec(url) ?? []
  return { base, named: parseQuery(query) }
}

function parseQuery(query: string): FlakeRef {
  const pairs = query.split('&').filter(Boolean)
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/)
      return [name, decodePercent(value)]
    }),
  )
}

function parseForge(base: string): FlakeRef | undefined {
  const [, type, owner, repo, at] = /^(github|gitlab|sourcehut):([^/]+)\/([^/]+)(?:\/(.+))?$/.exec(base) ?? []
  // Versions of Nix differ in whether an encoded slash parts owner from repository.
  if (type === undefined || owner === undefined || repo === undefined || /%2f/i.test(owner + repo)) return undefined
  return { type, owner: decodePercent(owner), repo: decodePercent(repo), ...refOrRev(at && decodePercent(at)) }
}

function parseGit(base: string): FlakeRef | undefined {
  const [, url] = /^git\+(.+)$/.exec(base) ?? (/^git:\/\//.test(base) ? ['', base] : [])
  return url === undefined ? undefined : { type: 'git', url }
}

function parsePath(base: string): FlakeRef | undefined {
  const [, path] = /^path:(.+)$/.exec(base) ?? (/^[./]/.test(base) ? ['', base] : [])
  return path === undefined ? undefined : { type: 'path', path }
}

function parseTarball(base: string): FlakeRef | undefined {
  const [, url] =
    /^tarball\+(.+)$/.exec(base) ?? (/^https?:.*\.(tar(\.(gz|xz|bz2|zst))?|tgz|zip)$/.test(base) ? ['', base] : [])
  return url === undefined ? undefined : { type: 'tarball', url }
}

function parseIndirect(base: string): FlakeRef | undefined {
  const [, id, at] = /^(?:flake:)?([a-zA-Z][a-zA-Z0-9_-]*)(?:\/(.+))?$/.exec(base) ?? []
  if (id === undefined) return undefined
  const [ref, rev] = at?.split(/\/([0-9a-f]{40})$/) ?? []
  return { type: 'indirect', id, ...refOrRev(ref), ...(rev && { rev }) }
}

function refOrRev(text: string | undefined): FlakeRef {
  if (text === undefined || text === '') return {}
  return isRev(text) ? { rev: text } : { ref: text }
}

/** Percent signs that stand for no byte stay as they are. */
function decodePercent(text: string): string {
  return /%(?![0-9a-fA-F]{2})/.test(text) ? text : decodeURIComponent(text)
}
