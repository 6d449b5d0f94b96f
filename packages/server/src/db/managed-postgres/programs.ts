/** The operating system's programs that a managed PostgreSQL needs: finding them and running them to their end. */
import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'

/** A folder list like `PATH`, for callers that name none: Debian's, then NixOS's. */
export const usualSearchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin'

/** Why the managed PostgreSQL cannot be started, in a sentence for whoever typed the command. */
export class PostgresRefused extends Error {
  override name = 'PostgresRefused'
}

/** The absolute paths of every executable of this name, in the order of the search path. */
export async function findPrograms(name: string, searchPath: string): Promise<string[]> {
  const found: string[] = []
  for (const folder of searchPath.split(':')) {
    const file = join(folder, name)
    if (folder.startsWith('/') && (await isExecutable(file))) found.push(file)
  }
  return found
}

export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}

export type Ran = { ok: boolean; output: string }

/** Runs a program to its end; output holds stdout and stderr as they came. A program that cannot start is not ok. */
export function run(argv: readonly string[], options: { env: Record<string, string>; signal?: AbortSignal }) {
  const [program = '', ...args] = argv
  return new Promise<Ran>((resolve) => {
    const child = spawn(program, args, { ...options, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (text: string) => {
      output += text
    }
    child.stdout.setEncoding('utf8').on('data', collect)
    child.stderr.setEncoding('utf8').on('data', collect)
    child.on('error', (error) => resolve({ ok: false, output: output + error.message }))
    child.on('close', (code) => resolve({ ok: code === 0, output }))
  })
}
