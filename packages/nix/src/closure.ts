/** The closure of derivations: everything that must be known to build them. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Derivation, parseDerivation } from './derivation.ts'

export type ClosureEntry = { drvPath: string; derivation: Derivation }

export type ClosureOptions = {
  /** the contents of a .drv file */
  read: (drvPath: string) => Promise<Buffer>
  /** what was given out before is not given out again; filled as the walk goes, so one set can serve many calls */
  seen: Set<string>
  signal?: AbortSignal
}

/** The store lacks a derivation, or holds one that cannot be read: the store is broken, or the path never was there. */
export class UnreadableDerivation extends Error {
  readonly drvPath: string
  constructor(drvPath: string, reason: string, options?: ErrorOptions) {
    super(`cannot read ${drvPath}: ${reason}`, options)
    this.drvPath = drvPath
  }
}

type Visit = { entry: ClosureEntry; inputs: string[]; next: number }

/**
 * The derivations that `drvPaths` need, and they themselves: inputs before dependents, each once, in the order of the
 * files. Reads the inputs of a derivation ahead, at once. Throws `UnreadableDerivation`.
 */
export async function* readClosure(drvPaths: Iterable<string>, options: ClosureOptions): AsyncGenerator<ClosureEntry> {
  const ahead = new Map<string, Promise<ClosureEntry>>()
  const open = (drvPath: string) => {
    const known = ahead.get(drvPath) ?? readEntry(drvPath, options.read)
    ahead.delete(drvPath)
    return known
  }
  let turns = 0
  for (const top of drvPaths) {
    if (options.seen.has(top)) continue
    options.seen.add(top)
    const stack: Visit[] = [visitOf(await open(top), ahead, options)]
    for (let visit = stack.at(-1); visit !== undefined; visit = stack.at(-1)) {
      const input = visit.inputs[visit.next++]
      if (input === undefined) {
        stack.pop()
        yield visit.entry
        if (++turns % 256 === 0) await nextTurn(undefined, { ...(options.signal && { signal: options.signal }) })
      } else if (!options.seen.has(input)) {
        options.seen.add(input)
        stack.push(visitOf(await open(input), ahead, options))
      }
    }
  }
}

/** Enough to keep the disk busy, few enough to hold only a small part of a large closure in memory. */
const readAhead = 32

function visitOf(entry: ClosureEntry, ahead: Map<string, Promise<ClosureEntry>>, options: ClosureOptions): Visit {
  const inputs = Object.keys(entry.derivation.inputDrvs)
  for (const input of inputs) {
    if (ahead.size >= readAhead) break
    if (options.seen.has(input) || ahead.has(input)) continue
    const reading = readEntry(input, options.read)
    reading.catch(() => {}) // reported when its turn comes
    ahead.set(input, reading)
  }
  return { entry, inputs, next: 0 }
}

async function readEntry(drvPath: string, read: ClosureOptions['read']): Promise<ClosureEntry> {
  const contents = await read(drvPath).catch((cause: unknown) => {
    throw new UnreadableDerivation(drvPath, cause instanceof Error ? cause.message : String(cause), { cause })
  })
  const parsed = parseDerivation(contents)
  if (!parsed.ok) throw new UnreadableDerivation(drvPath, parsed.reason)
  return { drvPath, derivation: parsed.derivation }
}
