/** Runs programs of this checkout as a user without privileges, wherever the checkout lies: below a folder that only root may enter, too. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** The user and group `nobody`. */
export const nobody = 65534

const checkout = resolve(import.meta.dirname, '../../../..')

export type PlainUser = AsyncDisposable & {
  /** The command that runs `argv` as nobody; what names the checkout names its copy that nobody can reach. */
  command(argv: string[]): string[]
}

/** In a mount namespace of its own the checkout is seen at another place, so that the folders above it do not matter. */
export async function openPlainUser(): Promise<PlainUser> {
  const place = await mkdtemp(join(tmpdir(), 'firn-checkout-'))
  await chmod(place, 0o755)
  const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'
  const user = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--']
  return {
    command: (argv) => [
      ...['unshare', '--mount', 'sh', '-c', script, 'sh', checkout, place],
      ...user,
      ...argv.map((argument) => argument.replaceAll(checkout, place)),
    ],
    [Symbol.asyncDispose]: () => rm(place, { recursive: true, force: true }),
  }
}
