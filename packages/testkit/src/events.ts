/** Events of evaluations that never were, for tests of the server: derivations by short names. */
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { DrvPath, StorePath } from '@firn/contract/ids'

/** The same name gives the same path; the hash part is made of the name, in Nix's alphabet. */
function hashPart(name: string): string {
  const alphabet = '0123456789abcdfghijklmnpqrsvwxyz'
  let seed = 7
  let text = ''
  for (let i = 0; i < 32; i++) {
    for (const c of name) seed = (seed * 31 + c.charCodeAt(0) + i) % 1_000_003
    text += alphabet.charAt(seed % 32)
  }
  return text
}

export const drv = (name: string) => DrvPath.parse(`/nix/store/${hashPart(name)}-${name}.drv`)
export const out = (name: string) => StorePath.parse(`/nix/store/${hashPart(`${name}-out`)}-${name}`)

export function derivation(
  name: string,
  needs: string[] = [],
  more: { platform?: string; features?: string[] } = {},
): EvaluateEvent {
  return {
    tag: 'DerivationInfo',
    contents: {
      derivationPath: drv(name),
      platform: more.platform ?? 'x86_64-linux',
      requiredSystemFeatures: more.features ?? [],
      inputDerivations: Object.fromEntries(needs.map((need) => [drv(need), ['out']])),
      inputSources: [],
      outputs: { out: { path: out(name), isFixed: false } },
    },
  }
}

export function request(name: string): EvaluateEvent {
  return { tag: 'BuildRequest', contents: { derivationPath: drv(name), forceRebuild: false } }
}

export function attribute(
  path: string[],
  name: string,
  typ: 'Regular' | 'MustFail' | 'MayFail' | 'DependenciesOnly' = 'Regular',
): EvaluateEvent {
  return { tag: 'Attribute', contents: { expressionPath: path, derivationPath: drv(name), typ } }
}

/** A derivation that is wanted as an attribute of its own name. */
export function wanted(name: string, needs: string[] = []): EvaluateEvent[] {
  return [derivation(name, needs), request(name), attribute([name], name)]
}

export function failure(path: string[], errorMessage: string): EvaluateEvent {
  return { tag: 'AttributeError', contents: { expressionPath: path, errorMessage } }
}

export const jobConfig: EvaluateEvent = { tag: 'JobConfig', contents: { sourceCaches: null, binaryCaches: null } }

export function handler(name: string): EvaluateEvent {
  return { tag: 'OnPushHandlerEvent', contents: { handlerName: name, handlerExtraInputs: {}, isFlake: false } }
}
