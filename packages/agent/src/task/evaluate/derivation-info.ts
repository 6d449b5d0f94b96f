import type { DerivationInfo } from '@firn/contract/agent/evaluate-event'
import type { ClosureEntry } from '@firn/nix/closure'
import { requiredSystemFeatures } from '@firn/nix/derivation'

/** What the server is told of a derivation (hercules-ci.md 1.8.8, 4.6). */
export function derivationInfo({ drvPath, derivation }: ClosureEntry): DerivationInfo {
  return {
    derivationPath: drvPath,
    platform: derivation.system,
    requiredSystemFeatures: requiredSystemFeatures(derivation),
    inputDerivations: { ...derivation.inputDrvs },
    inputSources: derivation.inputSrcs,
    outputs: Object.fromEntries(
      Object.entries(derivation.outputs).map(([name, { path, hash }]) => [
        name,
        { path: path ?? null, isFixed: hash !== undefined },
      ]),
    ),
  }
}
