import type { StoreAddress } from '../daemon/link.ts'
import type { NixInstallation } from '../nix-installation.ts'
import type { Limits } from './limits.ts'
import type { Notice } from './notice.ts'
import type { Sandbox } from './sandbox.ts'

export type EvaluationOptions = {
  nix: NixInstallation
  store: StoreAddress
  /** a Nix expression for `{ root; child = value: name: …; describe = value: …; }` */
  program: string
  /** nix.conf settings of the evaluator */
  settings: Record<string, string>
  /** `undefined`: none, for trusted sources */
  sandbox: Sandbox | undefined
  /** the whole environment of the evaluator besides what Nix needs; PATH is for git and ssh, and for setpriv, choom, prlimit and bwrap */
  environment?: Record<string, string>
  /** open files that the evaluator and what it starts inherit; see `inheritedFile`. They stay the caller's. */
  files?: readonly number[]
  limits?: Partial<Limits>
  /** default true: attributes that need a build wait for `built`; false: they fail */
  importFromDerivation?: boolean
  signal?: AbortSignal
  on: (notice: Notice) => void
}

/** Where processes of the evaluator can open the file at this place of `files` again, although it may have no name. */
export function inheritedFile(place: number): string {
  return `/proc/self/fd/${firstInherited + place}`
}

/** After standard input, output and error. */
const firstInherited = 3
