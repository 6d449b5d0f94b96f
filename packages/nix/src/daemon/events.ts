/**
 * What a daemon says while it works on an operation, until it says that it is done.
 * Authority: Nix's logger; activity and result types are numbers there, and the ones of use here are named below.
 */
import { StoreError, type StoreTrace } from './errors.ts'
import { type Decoder, ProtocolViolation } from './wire.ts'

export type EventField = number | string

/** `level`: 0 error, 1 warning, 2 notice, 3 info, 4 talkative, 5 chatty, 6 debug, 7 vomit. */
export type StoreEvent =
  | { kind: 'message'; level: number; text: string }
  | { kind: 'start'; activity: number; level: number; type: number; text: string; fields: EventField[]; parent: number }
  | { kind: 'stop'; activity: number }
  | { kind: 'result'; activity: number; type: number; fields: EventField[] }

export const activityTypes = {
  copyPath: 100,
  fileTransfer: 101,
  realise: 102,
  copyPaths: 103,
  builds: 104,
  /** fields: drv path, machine (empty: here), 1, 1 */
  build: 105,
  /** fields: store path, substituter */
  substitute: 108,
  queryPathInfo: 109,
  postBuildHook: 110,
  buildWaiting: 111,
  fetchTree: 112,
} as const

export const resultTypes = {
  /** fields: the line */
  buildLogLine: 101,
  untrustedPath: 102,
  corruptedPath: 103,
  /** fields: the phase's name */
  setPhase: 104,
  /** fields: done, expected, running, failed */
  progress: 105,
  setExpected: 106,
  postBuildLogLine: 107,
} as const

export type WorkMessage =
  | { kind: 'event'; event: StoreEvent }
  | { kind: 'error'; error: StoreError }
  | { kind: 'done' }
  | { kind: 'wants-input'; bytes: number }

export const workMarks = {
  next: 0x6f6c6d67,
  read: 0x64617461,
  write: 0x64617416,
  last: 0x616c7473,
  error: 0x63787470,
  startActivity: 0x53545254,
  stopActivity: 0x53544f50,
  result: 0x52534c54,
} as const

/** One message of the daemon at work (protocol 1.26 and later). */
export function readWorkMessage(decoder: Decoder): WorkMessage {
  const mark = decoder.number()
  switch (mark) {
    case workMarks.result:
      return event({ kind: 'result', activity: decoder.looseNumber(), type: decoder.number(), fields: fields(decoder) })
    case workMarks.startActivity:
      return event(startActivity(decoder))
    case workMarks.stopActivity:
      return event({ kind: 'stop', activity: decoder.looseNumber() })
    case workMarks.next:
      return event({ kind: 'message', level: 0, text: decoder.string().replace(/\n$/, '') })
    case workMarks.write:
      return event({ kind: 'message', level: 0, text: decoder.string() })
    case workMarks.last:
      return { kind: 'done' }
    case workMarks.error:
      return { kind: 'error', error: readError(decoder) }
    case workMarks.read:
      return { kind: 'wants-input', bytes: decoder.number() }
    default:
      throw new ProtocolViolation(`unknown message 0x${mark.toString(16)}`)
  }
}

function event(event: StoreEvent): WorkMessage {
  return { kind: 'event', event }
}

function startActivity(decoder: Decoder): StoreEvent {
  const activity = decoder.looseNumber()
  const level = decoder.number()
  const type = decoder.number()
  const text = decoder.string()
  return { kind: 'start', activity, level, type, text, fields: fields(decoder), parent: decoder.looseNumber() }
}

function fields(decoder: Decoder): EventField[] {
  return decoder.list(() => (decoder.number() === 0 ? decoder.looseNumber() : decoder.string()))
}

/** Type ("Error"), level, an old name, the text, a position that is never there, and the traces, each with a position. */
function readError(decoder: Decoder): StoreError {
  decoder.skipString()
  const level = decoder.number()
  decoder.skipString()
  const message = decoder.string()
  decoder.number()
  const traces = decoder.list((): StoreTrace => {
    decoder.number()
    return { text: decoder.string() }
  })
  return new StoreError(message, level, traces)
}
