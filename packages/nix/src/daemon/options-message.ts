/** The SetOptions message: a few settings have fields of their own, the rest goes as name and value. */
import { availableParallelism } from 'node:os'
import { operations } from './protocol.ts'
import { Encoder } from './wire.ts'

export type StoreSettings = Record<string, string>

/** Nix's own default level for programs that build: info. */
export const defaultVerbosity = 3

/**
 * Settings by their names in nix.conf. A daemon takes most of them from trusted users only, and says so in a warning.
 * The fields of the message override the daemon's own settings always, so they have defaults here: max-jobs is the
 * number of cores, keep-going is on (one failure should not hide another).
 */
export function setOptionsMessage(settings: StoreSettings, verbosity: number): Buffer {
  const number = (name: string, otherwise: number) => {
    const value = Number(settings[name] ?? otherwise)
    return Number.isSafeInteger(value) && value >= 0 ? value : otherwise
  }
  const flag = (name: string, otherwise: boolean) =>
    settings[name] === undefined ? otherwise : settings[name] === 'true'
  const message = new Encoder().number(operations.setOptions)
  message.boolean(flag('keep-failed', false)).boolean(flag('keep-going', true)).boolean(flag('fallback', false))
  message.number(verbosity).number(number('max-jobs', availableParallelism())).number(number('max-silent-time', 0))
  message.number(1) // build hook allowed; obsolete
  message.number(logLinesAsResults).number(0).number(0)
  message.number(number('cores', 0)).boolean(flag('substitute', true))
  const overrides = Object.entries(settings).filter(([name]) => !ownField.has(name))
  message.number(overrides.length)
  for (const [name, value] of overrides) message.string(name).string(value)
  return message.bytes()
}

/** "verbose build" is off at this level: log lines come as results of their build, not as plain messages. */
const logLinesAsResults = 7

const ownField = new Set([
  'keep-failed',
  'keep-going',
  'fallback',
  'max-jobs',
  'max-silent-time',
  'cores',
  'substitute',
])
