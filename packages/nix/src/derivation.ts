/**
 * Derivation files (.drv): what they say, read without Nix.
 * Authority: the Nix manual, "Derivation ATerm format".
 */
import { MalformedDerivation, Scanner } from './derivation-parser.ts'
import { isDrvPath, isOutputName, isStorePath } from './store-path.ts'

/** `path` is missing where it is known only after the build; `hash` is there for fixed outputs only. */
export type DerivationOutput = { path?: string; hashAlgo?: string; hash?: string }

/** Records are without prototype: names come from users. Text that is not UTF-8 comes out with U+FFFD in its place. */
export type Derivation = {
  outputs: Record<string, DerivationOutput>
  /** .drv path → the outputs of it that are used */
  inputDrvs: Record<string, string[]>
  inputSrcs: string[]
  system: string
  builder: string
  args: string[]
  env: Record<string, string>
}

export type ParsedDerivation = { ok: true; derivation: Derivation } | { ok: false; reason: string }

/** Real ones stay below 5 MB; evaluation may make larger ones, and they are refused. */
export const derivationMaxBytes = 64 * 1024 * 1024

/**
 * Reads the contents of a .drv file. Refused, with a reason: anything malformed, paths that are not store paths, names
 * given twice, dynamic derivations (`DrvWithVersion`), more than `derivationMaxBytes`.
 */
export function parseDerivation(contents: Buffer): ParsedDerivation {
  if (contents.length > derivationMaxBytes) {
    return { ok: false, reason: `the derivation has ${contents.length} bytes, more than ${derivationMaxBytes}` }
  }
  if (contents.subarray(0, 14).toString('latin1') === 'DrvWithVersion') {
    return { ok: false, reason: 'dynamic derivations are not supported' }
  }
  try {
    return { ok: true, derivation: scanDerivation(new Scanner(contents)) }
  } catch (error) {
    if (error instanceof MalformedDerivation) return { ok: false, reason: `not a derivation: ${error.message}` }
    throw error
  }
}

function scanDerivation(scan: Scanner): Derivation {
  scan.expect('Derive(')
  const outputs = record(scan, () => scanOutput(scan))
  scan.expect(',')
  const inputDrvs = record(scan, () => scanInputDrv(scan))
  scan.expect(',')
  const inputSrcs = scan.list(() => checked(scan, scan.string(), isStorePath))
  scan.expect(',')
  const system = scan.string()
  scan.expect(',')
  const builder = scan.string()
  scan.expect(',')
  const args = scan.list(() => scan.string())
  scan.expect(',')
  const env = record(scan, () => scanVariable(scan))
  scan.expect(')')
  if (!scan.atEnd()) throw scan.malformed('something follows the derivation')
  return { outputs, inputDrvs, inputSrcs, system, builder, args, env }
}

function record<T>(scan: Scanner, entry: () => [string, T]): Record<string, T> {
  const entries: Record<string, T> = Object.create(null)
  scan.list(() => {
    const [name, value] = entry()
    if (name in entries) throw scan.malformed(`${JSON.stringify(name)} given twice`)
    entries[name] = value
  })
  return entries
}

function scanOutput(scan: Scanner): [string, DerivationOutput] {
  scan.expect('(')
  const name = checked(scan, scan.string(), isOutputName)
  scan.expect(',')
  const path = scan.string()
  scan.expect(',')
  const hashAlgo = scan.string()
  scan.expect(',')
  const hash = scan.string()
  scan.expect(')')
  if (path !== '') checked(scan, path, isStorePath)
  return [name, { ...(path && { path }), ...(hashAlgo && { hashAlgo }), ...(hash && { hash }) }]
}

function scanInputDrv(scan: Scanner): [string, string[]] {
  scan.expect('(')
  const drvPath = checked(scan, scan.string(), isDrvPath)
  scan.expect(',')
  const outputs = scan.list(() => checked(scan, scan.string(), isOutputName))
  scan.expect(')')
  return [drvPath, outputs]
}

function scanVariable(scan: Scanner): [string, string] {
  scan.expect('(')
  const name = scan.string()
  scan.expect(',')
  const value = scan.string()
  scan.expect(')')
  return [name, value]
}

function checked(scan: Scanner, text: string, is: (text: string) => boolean): string {
  if (is(text)) return text
  throw scan.malformed(`${JSON.stringify(text.slice(0, 300))} is not a valid name or path`)
}

/** A fixed-output derivation: one output `out` whose hash is known before (a download). */
export function isFixed(derivation: Derivation): boolean {
  const names = Object.keys(derivation.outputs)
  return names.length === 1 && derivation.outputs.out?.hash !== undefined && derivation.outputs.out.path !== undefined
}

/**
 * The features a machine must have to build it: the `requiredSystemFeatures` attribute, split on white space, or the list
 * of that name in structured attributes, and `ca-derivations` when output paths are not known before, as Nix itself asks.
 */
export function requiredSystemFeatures(derivation: Derivation): string[] {
  const named = structuredFeatures(derivation) ?? words(derivation.env.requiredSystemFeatures ?? '')
  const floating = Object.values(derivation.outputs).some((output) => output.path === undefined)
  return [...new Set(floating ? [...named, 'ca-derivations'] : named)].sort()
}

function words(text: string): string[] {
  return text.split(/[ \t\n\r]+/).filter((word) => word !== '')
}

function structuredFeatures(derivation: Derivation): string[] | undefined {
  const attributes = structuredAttributes(derivation)
  if (attributes === undefined) return undefined
  const features = attributes.requiredSystemFeatures
  return Array.isArray(features) ? features.filter((feature) => typeof feature === 'string') : []
}

/** The structured attributes (`__structuredAttrs = true`); `undefined` where there are none or they cannot be read. */
export function structuredAttributes(derivation: Derivation): Record<string, unknown> | undefined {
  const json = derivation.env.__json
  if (json === undefined) return undefined
  try {
    const attributes: unknown = JSON.parse(json)
    return isRecord(attributes) ? attributes : undefined
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
