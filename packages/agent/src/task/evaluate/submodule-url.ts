/** Where a submodule is fetched from. Authority: gitsubmodules(7) and git-submodule(1), "relative" repositories. */

/** `spellings`: how Git and Nix may write the address when they fetch it. */
export type SubmoduleUrl = { ok: true; url: string; spellings: string[] } | { ok: false; reason: string }

/**
 * An address of `.gitmodules` in the repository at `repository`, which is http or https. Only https is fetched, and what is on the server that the
 * repository itself came from: an agent has keys and neighbours that are not the repository's. An ssh address is asked for
 * over https, where the task's logins are good.
 */
export function submoduleUrl(repository: string, text: string): SubmoduleUrl {
  const resolved = /^\.\.?\//.test(text) ? relative(repository, text) : text
  if (resolved === undefined) return { ok: false, reason: `${JSON.stringify(text)} leads out of ${hostOf(repository)}` }
  const ssh = sshAddress(resolved)
  const url = overHttps(resolved)
  if (!URL.canParse(url) || /[\p{Cc}\s]/u.test(url))
    return { ok: false, reason: `${JSON.stringify(text)} is not an address of a repository` }
  const { protocol, host } = new URL(url)
  const own = new URL(repository)
  if (protocol !== 'https:' && (protocol !== own.protocol || host !== own.host))
    return { ok: false, reason: `${JSON.stringify(text)} is neither https nor on the server of this repository` }
  return { ok: true, url, spellings: [...new Set([resolved, ...(ssh ? [ssh.url] : [])])] }
}

/** An ssh address, in either of its forms, as the same server's https address; any other as it is. */
export function overHttps(address: string): string {
  const ssh = sshAddress(address)
  return ssh === undefined ? address : `https://${ssh.host}/${ssh.path}`
}

/** Undefined when there is nothing left to go up from. */
function relative(repository: string, text: string): string | undefined {
  const [, root = '', path = ''] = /^([a-z+]+:\/\/[^/]*)(.*)$/i.exec(repository) ?? []
  const folders = path.split('/').filter(Boolean)
  let rest = text
  for (let step = /^\.\.?\/+/.exec(rest); step !== null; step = /^\.\.?\/+/.exec(rest)) {
    if (step[0].startsWith('..') && folders.pop() === undefined) return undefined
    rest = rest.slice(step[0].length)
  }
  return [root, ...folders, rest].join('/')
}

function sshAddress(text: string): { host: string; path: string; url: string } | undefined {
  const short = /^(?<user>[^@/:]+@)(?<host>[^/:]+):(?<path>[^/].*)$/.exec(text)?.groups
  const long = /^ssh:\/\/(?<user>[^@/]+@)?(?<host>[^/:]+)(?::\d+)?\/(?<path>.+)$/.exec(text)?.groups
  const { user = '', host, path } = short ?? long ?? {}
  return host === undefined || path === undefined
    ? undefined
    : { host, path, url: short ? `ssh://${user}${host}/${path}` : text }
}

const hostOf = (repository: string) => new URL(repository).host
