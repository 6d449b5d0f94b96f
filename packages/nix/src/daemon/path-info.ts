import { normaliseHash } from '../store-path.ts'
import { type Decoder, ProtocolViolation } from './wire.ts'

export type PathInfo = {
  path: string
  deriver?: string
  /** `sha256:<nix32>` */
  narHash: string
  /** bytes */
  narSize: number
  references: string[]
  signatures: string[]
  /** how a content-addressed path was made: `text:sha256:…`, `fixed:r:sha256:…` */
  ca?: string
}

/** The answer to QueryPathInfo, protocol 1.17 and later; `{}` when the path is not valid. */
export function readPathInfo(decoder: Decoder, path: string): { info?: PathInfo } {
  if (!decoder.boolean()) return {}
  const deriver = decoder.string()
  const narHash = normaliseHash(`sha256:${decoder.string()}`)
  if (narHash === undefined) throw new ProtocolViolation(`the hash of ${path} is not a sha256`)
  const references = decoder.strings()
  decoder.number() // registration time
  const narSize = decoder.number()
  decoder.number() // built here ("ultimate")
  const signatures = decoder.strings()
  const ca = decoder.string()
  return { info: { path, narHash, narSize, references, signatures, ...(deriver && { deriver }), ...(ca && { ca }) } }
}
