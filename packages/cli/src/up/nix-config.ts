import { access, mkdir, realpath, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/**
 * Nix settings for a machine that has none: Nix as a distribution installs it, without build users and without a
 * configuration. A machine that is configured is left as it is.
 * @returns the folder to use as `NIX_CONF_DIR`; undefined where the machine's own configuration stands
 */
export async function ensureNixConfig(
  stateFolder: string,
  env: Record<string, string | undefined>,
): Promise<string | undefined> {
  const configured = [env.NIX_CONF_DIR, env.NIX_CONFIG].some((value) => value !== undefined && value !== '')
  if (configured || (await exists('/etc/nix/nix.conf'))) return undefined
  const folder = join(stateFolder, 'nix')
  await mkdir(folder, { recursive: true })
  const busybox = await findProgram('busybox', env.PATH ?? '')
  const lines = [
    '# Written by ./up: this machine has no /etc/nix/nix.conf. Your own goes there, or where NIX_CONF_DIR says.',
    'experimental-features = nix-command flakes',
    'build-users-group =',
    'sandbox = true',
    // Without it Nix builds outside the sandbox where the kernel forbids namespaces: as root, when we are root.
    'sandbox-fallback = false',
    ...(busybox === undefined ? [] : [`sandbox-paths = /bin/sh=${busybox}`]),
    'narinfo-cache-negative-ttl = 0',
    'connect-timeout = 5',
    'download-attempts = 2',
    'fallback = true',
  ]
  await writeFile(join(folder, 'nix.conf'), `${lines.join('\n')}\n`)
  return folder
}

/** Where a program is, links followed; undefined where none of the folders of PATH has it. */
export async function findProgram(name: string, searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter)) {
    const path = join(folder, name)
    if (await exists(path)) return realpath(path)
  }
  return undefined
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
