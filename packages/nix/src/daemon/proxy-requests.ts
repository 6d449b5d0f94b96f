/**
 * What an evaluator may ask of the store, and how each request looks on the wire (protocol 1.34), since one must know
 * where it ends. What is not in this table is unknown to us and ends the connection.
 */
import { operations } from './protocol.ts'
import { type Decoder, ProtocolViolation, type WireLimits } from './wire.ts'

/** A derivation's paths are many, but a request of an evaluator stays small; file contents come framed. */
export const requestLimits: WireLimits = { maxStringBytes: 64 * 1024 * 1024, maxListLength: 1_000_000 }

type Frames = { framed: boolean }

/** `raw` is the request as it came, without the frames that may follow it. */
export type Request =
  | ({ kind: 'pass'; raw: Buffer } & Frames)
  | { kind: 'options' }
  | { kind: 'valid'; path: string; raw: Buffer }
  | { kind: 'temp-root'; path: string; raw: Buffer }
  | { kind: 'ensure'; path: string; raw: Buffer }
  | { kind: 'build'; wanted: string[]; mode: number; raw: Buffer }
  | { kind: 'build-derivation'; drvPath: string }
  /** a text, all of it: with its frames in `raw` */
  | { kind: 'add-text'; name: string; text: Buffer; references: string[]; raw: Buffer }
  | { kind: 'add'; repair: boolean; raw: Buffer }
  | ({ kind: 'add-nar'; contentAddressed: boolean; raw: Buffer } & Frames)
  | ({ kind: 'refuse'; operation: string } & Frames)

type Shape = (decoder: Decoder) => void

const path: Shape = (d) => d.skipString()
const paths: Shape = (d) => {
  for (let left = d.count(); left > 0; left--) d.skipString()
}
const number: Shape = (d) => void d.number()
const looseNumber: Shape = (d) => void d.looseNumber()
const nothing: Shape = () => {}
const all =
  (...shapes: Shape[]): Shape =>
  (d) => {
    for (const shape of shapes) shape(d)
  }
const pathsWithAddresses: Shape = (d) => {
  for (let left = d.count(); left > 0; left--) all(path, path)(d)
}

/** Questions about the store: passed on as they are. */
const questions = new Map<number, Shape>([
  [operations.queryPathInfo, path],
  [operations.queryPathFromHashPart, path],
  [operations.querySubstitutablePaths, paths],
  [operations.querySubstitutablePathInfos, pathsWithAddresses],
  [operations.queryValidDerivers, path],
  [operations.queryReferrers, path],
  [operations.queryMissing, paths],
  [operations.queryDerivationOutputMap, path],
  [operations.queryRealisation, path],
  [operations.narFromPath, path],
])

/** What an evaluator has no business doing: roots, collections, repairs, signatures, paths that others made. */
const forbidden = new Map<number, [name: string, shape: Shape, framed: boolean]>([
  [operations.addIndirectRoot, ['AddIndirectRoot', path, false]],
  [operations.addPermRoot, ['AddPermRoot', all(path, path), false]],
  [operations.findRoots, ['FindRoots', nothing, false]],
  [
    operations.collectGarbage,
    ['CollectGarbage', all(number, paths, number, looseNumber, number, number, number), false],
  ],
  [operations.queryAllValidPaths, ['QueryAllValidPaths', nothing, false]],
  [operations.optimiseStore, ['OptimiseStore', nothing, false]],
  [operations.verifyStore, ['VerifyStore', all(number, number), false]],
  [operations.addSignatures, ['AddSignatures', all(path, paths), false]],
  [operations.registerDrvOutput, ['RegisterDrvOutput', path, false]],
  [operations.addTextToStore, ['AddTextToStore', all(path, path, paths), false]],
  [operations.addMultipleToStore, ['AddMultipleToStore', all(number, number), true]],
  [operations.addBuildLog, ['AddBuildLog', path, true]],
])

/** Decodes one request, but for its frames. */
export function readRequest(decoder: Decoder): Request {
  const start = decoder.at
  const operation = decoder.number()
  const raw = () => Buffer.from(decoder.bytes.subarray(start, decoder.at))
  const question = questions.get(operation)
  if (question) {
    question(decoder)
    return { kind: 'pass', raw: raw(), framed: false }
  }
  const [name, shape, framed] = forbidden.get(operation) ?? []
  if (name !== undefined && shape && framed !== undefined) {
    shape(decoder)
    return { kind: 'refuse', operation: name, framed }
  }
  return readSpecial(operation, decoder, raw)
}

function readSpecial(operation: number, d: Decoder, raw: () => Buffer): Request {
  switch (operation) {
    case operations.setOptions:
      return readOptions(d)
    case operations.isValidPath:
      return { kind: 'valid', path: d.string(), raw: raw() }
    case operations.addTempRoot:
      return { kind: 'temp-root', path: d.string(), raw: raw() }
    case operations.ensurePath:
      return { kind: 'ensure', path: d.string(), raw: raw() }
    case operations.queryValidPaths:
      return readValidPaths(d, raw)
    case operations.buildPaths:
    case operations.buildPathsWithResults:
      return { kind: 'build', wanted: d.strings(), mode: d.number(), raw: raw() }
    case operations.buildDerivation:
      return readBuildDerivation(d)
    case operations.addToStore:
      return readAdd(d, raw)
    case operations.addToStoreNar:
      return readAddNar(d, raw)
    default:
      throw new ProtocolViolation(`operation ${operation}, which an evaluator does not need`)
  }
}

/** Texts are taken whole; other files may be large, and their frames are passed on as they come. */
function readAdd(d: Decoder, raw: () => Buffer): Request {
  const name = d.string()
  const method = d.string()
  const references = d.strings()
  const repair = d.boolean()
  if (repair || method !== 'text:sha256') return { kind: 'add', repair, raw: raw() }
  const frames: Buffer[] = []
  let size = 0
  for (let length = d.number(); length > 0; length = d.number()) {
    size += length
    if (size > requestLimits.maxStringBytes)
      throw new ProtocolViolation(`a text of more than ${requestLimits.maxStringBytes} bytes`)
    frames.push(d.bytesOf(length))
  }
  const text = frames.length === 1 && frames[0] ? frames[0] : Buffer.concat(frames)
  return { kind: 'add-text', name, text, references, raw: raw() }
}

function readOptions(d: Decoder): Request {
  for (let fields = 12; fields > 0; fields--) d.looseNumber()
  for (let left = d.count(); left > 0; left--) all(path, path)(d)
  return { kind: 'options' }
}

/** The last number asks the daemon to fetch what is missing; an evaluator fetches nothing by itself. */
function readValidPaths(d: Decoder, raw: () => Buffer): Request {
  paths(d)
  d.number()
  const request = raw()
  request.fill(0, request.length - 8)
  return { kind: 'pass', raw: request, framed: false }
}

function readBuildDerivation(d: Decoder): Request {
  const drvPath = d.string()
  for (let left = d.count(); left > 0; left--) all(path, path, path, path)(d)
  all(paths, path, path, paths, pathsWithAddresses, number)(d)
  return { kind: 'build-derivation', drvPath }
}

/**
 * Fetchers add downloads as archives. Only content-addressed paths are let through, and with "do not check signatures"
 * taken away: the daemon then checks that path and contents belong together.
 */
function readAddNar(d: Decoder, raw: () => Buffer): Request {
  all(path, path, path, paths, looseNumber, number)(d)
  const ultimateAt = d.at
  number(d)
  paths(d)
  const contentAddressed = d.string() !== ''
  const repairAt = d.at
  all(number, number)(d)
  const end = d.at
  const request = raw()
  const start = end - request.length
  request.fill(0, ultimateAt - start, ultimateAt - start + 8)
  request.fill(0, repairAt - start, repairAt - start + 16)
  return { kind: 'add-nar', contentAddressed, raw: request, framed: true }
}
