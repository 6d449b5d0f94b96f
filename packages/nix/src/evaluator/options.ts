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
  /** the whole environment of the evaluator besides what Nix needs; PATH is for git and ssh, and for setpriv, prlimit and bwrap */
  environment?: Record<string, string>
  limits?: Partial<Limits>
  /** default true: attributes that need a build wait for `built`; false: they fail */
  importFromDerivation?: boolean
  signal?: AbortSignal
  on: (notice: Notice) => void
}
