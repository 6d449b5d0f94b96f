/** What the URL of a Git remote says of the repository (hercules-ci.md 1.3.3). */
export type Remote = {
  owner: string
  name: string
  httpURL: string | null
  sshURL: string | null
  webURL: string | null
  forgeType: string | null
}

const forgeTypes: Record<string, string> = { 'github.com': 'github', 'gitlab.com': 'gitlab', 'codeberg.org': 'forgejo' }

/** Undefined for a path, and for a URL without owner and name. A password in the URL is left out. */
export function parseRemote(url: string): Remote | undefined {
  const { scheme, host, path } = parts(url) ?? {}
  if (scheme === undefined || host === undefined || path === undefined) return undefined
  const [, owner, name] = /^\/*(.+)\/([^/]+?)(?:\.git)?\/*$/.exec(path) ?? []
  if (owner === undefined || name === undefined) return undefined
  const isHttp = scheme === 'http' || scheme === 'https'
  const forgeType = forgeTypes[host.replace(/:\d+$/, '')] ?? null
  const web = isHttp ? `${scheme}://${host}/${owner}/${name}` : forgeType && `https://${host}/${owner}/${name}`
  return {
    owner,
    name,
    httpURL: isHttp ? `${scheme}://${host}${path}` : null,
    sshURL: isHttp ? null : url,
    webURL: web,
    forgeType,
  }
}

/** Git's two forms: URLs, and `user@host:path` for ssh. */
function parts(url: string): { scheme: string; host: string; path: string } | undefined {
  const [, scheme, host, path] = /^(https?|ssh|git\+ssh):\/\/(?:[^@/]*@)?([^/]+)(\/.+)$/.exec(url) ?? []
  if (scheme !== undefined && host !== undefined && path !== undefined) return { scheme, host, path }
  const [, scpHost, scpPath] = /^(?:[^@/:]+@)?([^/:]{2,}):(?!\/\/)(.+)$/.exec(url) ?? []
  return scpHost === undefined || scpPath === undefined ? undefined : { scheme: 'ssh', host: scpHost, path: scpPath }
}
