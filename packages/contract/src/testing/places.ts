export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** A value inside a message. */
export type Place = {
  path: readonly string[]
  /** The path, with `*` for what may be left out freely: indexes, and the names of a map. */
  pattern: string
  isMember: boolean
  value: Json
}

/**
 * Every value inside a message, but for the message itself.
 * @param maps patterns of objects whose names are free
 * @param free patterns of values that are not looked into
 */
export function placesIn(message: Json, { maps, free }: { maps: readonly string[]; free: readonly string[] }): Place[] {
  const look = (value: Json, path: readonly string[], pattern: string): Place[] => {
    if (value === null || typeof value !== 'object' || free.includes(pattern)) return []
    const isMember = Array.isArray(value) || maps.includes(pattern)
    return Object.entries(value).flatMap(([name, inner]) => {
      const place = { path: [...path, name], pattern: join(pattern, isMember ? '*' : name), isMember, value: inner }
      return [place, ...look(inner, place.path, place.pattern)]
    })
  }
  return look(message, [], '')
}

/** The message with another value at a path. */
export function withValue(message: Json, path: readonly string[], value: Json): Json {
  return edited(message, path, (holder, name) => {
    holder[name] = value
  })
}

/** The message with nothing at a path. */
export function without(message: Json, path: readonly string[]): Json {
  return edited(message, path, (holder, name) => {
    delete holder[name]
  })
}

function edited(
  message: Json,
  path: readonly string[],
  edit: (holder: Record<string, Json>, name: string) => void,
): Json {
  const copy = structuredClone(message)
  const holder = path.slice(0, -1).reduce<Json>((at, name) => asObject(at)[name] ?? null, copy)
  edit(asObject(holder), path.at(-1) ?? '')
  return copy
}

function asObject(value: Json): Record<string, Json> {
  if (hasParts(value)) return value
  throw new Error('the path leads through something without parts')
}

/** Lists are objects too, with indexes for names. */
function hasParts(value: Json): value is { [name: string]: Json } {
  return typeof value === 'object' && value !== null
}

const join = (pattern: string, name: string) => (pattern === '' ? name : `${pattern}.${name}`)
