/**
 * What an evaluator may see of the machine: the sources, the store, its own program, and nothing else. Restricted mode
 * alone has holes (2.8 reads host files by `fetchTree { type = "path"; }`), so it also gets namespaces of its own.
 */
import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'

export type Sandbox = {
  /** folders with the sources to evaluate, visible at their own paths, read only */
  sources: string[]
  /** the host's network, for fetchers */
  network: boolean
  /** size of the private HOME and TMPDIR, bytes */
  scratchBytes: number
  /** further files or folders, visible read only: a netrc file, a CA bundle, an ssh folder */
  readable?: string[]
}

export type SandboxParts = {
  /** the folder of `nix` */
  binDir: string
  /** folders of ours that it needs, read only: the questions, the proxy's socket */
  own: string[]
  env: Record<string, string>
}

/** HOME and TMPDIR inside. */
export const scratchDir = '/scratch'

/** What programs of a distribution link to. On NixOS they do not exist and are not needed. */
const systemFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']
/** What resolving names and checking certificates needs. */
const networkFiles = [
  '/etc/resolv.conf',
  '/etc/nsswitch.conf',
  '/etc/hosts',
  '/etc/services',
  '/etc/protocols',
  '/etc/ssl',
  '/etc/pki',
  '/etc/ca-certificates',
]

/** A bubblewrap command line, to be followed by the program. */
export function sandboxCommand(sandbox: Sandbox, parts: SandboxParts): string[] {
  const readable = [...sandbox.sources, ...(sandbox.readable ?? []), ...parts.own]
  return [
    'bwrap',
    ...['--unshare-user', '--unshare-ipc', '--unshare-pid', '--unshare-uts', '--unshare-cgroup-try'],
    ...(sandbox.network ? [] : ['--unshare-net']),
    ...['--uid', '1000', '--gid', '1000', '--hostname', 'evaluator', '--die-with-parent', '--new-session'],
    ...['--size', String(sandbox.scratchBytes), '--tmpfs', scratchDir],
    ...['--dev', '/dev', '--proc', '/proc', '--dir', '/tmp'],
    ...['--ro-bind', '/nix/store', '/nix/store'],
    ...systemFolders.flatMap(systemFolder),
    ...programFolder(parts.binDir),
    ...(sandbox.network ? networkFiles.flatMap((file) => readOnly(file)) : []),
    ...readable.flatMap((path) => readOnly(path)),
    // After all that is shown: it may lie in /dev/shm.
    ...['--remount-ro', '/dev', '--remount-ro', '/', '--chdir', '/', '--clearenv'],
    ...Object.entries({ ...parts.env, HOME: scratchDir, TMPDIR: scratchDir }).flatMap(([name, value]) => [
      '--setenv',
      name,
      value,
    ]),
    '--',
  ]
}

function systemFolder(folder: string): string[] {
  if (!existsSync(folder)) return []
  return lstatSync(folder).isSymbolicLink()
    ? ['--symlink', readlinkSync(folder), folder]
    : ['--ro-bind', folder, folder]
}

/** An installation outside the system folders and the store (PREFIX/usr/bin) is shown with its libraries. */
function programFolder(binDir: string): string[] {
  const inside = (folder: string) => binDir === folder || binDir.startsWith(`${folder}/`)
  if (inside('/nix/store') || systemFolders.some(inside)) return []
  return readOnly(dirname(binDir))
}

/** At its own path; where that leads through links, its real path must be visible too. */
function readOnly(path: string): string[] {
  if (!existsSync(path)) return []
  return ['--ro-bind', realpathSync(path), path]
}
