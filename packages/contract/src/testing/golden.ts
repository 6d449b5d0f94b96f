/**
 * Checks a schema against a golden: an example of a message, written by hand after the published protocol, with every
 * optional field present. From it come the other forms that must be accepted, and many that must be refused: each field
 * in turn left out, null, and of another type.
 */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { z } from 'zod'
import { type Json, type Place, placesIn, without, withValue } from './places.ts'

/** Places are written as `contents.nixPath.*.prefix`, where `*` is any index or any name of a map. */
export type Golden = {
  /** Begins with the numbers of the statements of the published protocol that it shows. */
  title: string
  /** Below `golden/`, without `.json`. */
  file: string
  schema: z.ZodType
  /** May be left out or null. */
  optional?: readonly string[]
  /** May be left out; what stands there then. */
  defaults?: Record<string, Json>
  /** Objects whose names are the sender's choice: none is required. */
  maps?: readonly string[]
  /** Hold any JSON. */
  free?: readonly string[]
  /** Hold a number or a string. */
  either?: readonly string[]
  /** Other values that are accepted, and that are refused; the empty place is the whole message. */
  accepted?: Record<string, readonly Json[]>
  refused?: Record<string, readonly Json[]>
}

export function checkGolden(golden: Golden): void {
  const { title, file, schema } = golden
  test(title, async () => {
    const example: Json = JSON.parse(await readFile(new URL(`../golden/${file}.json`, import.meta.url), 'utf8'))
    const places = placesIn(example, { maps: golden.maps ?? [], free: golden.free ?? [] })
    const replaced = (pattern: string, value: Json) =>
      pattern === '' ? value : withValue(example, find(places, pattern).path, value)
    assert.deepEqual(sent(schema, example), example, 'goes out as it came in')
    for (const place of places) {
      checkAbsent(golden, example, place)
      checkNull(golden, example, place)
      checkType(golden, example, place)
    }
    for (const { pattern, value } of each(golden.accepted))
      assert.deepEqual(sent(schema, replaced(pattern, value)), replaced(pattern, value))
    for (const { pattern, value } of each(golden.refused))
      refuses(schema, replaced(pattern, value), `${pattern} ${JSON.stringify(value)}`)
  })
}

function checkAbsent(
  { schema, optional = [], defaults = {} }: Golden,
  example: Json,
  { path, pattern, isMember }: Place,
) {
  const absent = without(example, path)
  const byDefault = defaults[pattern]
  if (byDefault !== undefined)
    return assert.deepEqual(sent(schema, absent), withValue(example, path, byDefault), pattern)
  if (optional.includes(pattern)) return assert.deepEqual(sent(schema, absent), absent, pattern)
  if (!isMember) refuses(schema, absent, `${pattern} left out`)
}

function checkNull({ schema, optional = [], free = [] }: Golden, example: Json, { path, pattern }: Place) {
  const nulled = withValue(example, path, null)
  if (optional.includes(pattern)) assert.deepEqual(sent(schema, nulled), nulled, pattern)
  else if (!free.includes(pattern)) refuses(schema, nulled, `${pattern} null`)
}

function checkType({ schema, free = [], either = [] }: Golden, example: Json, { path, pattern, value }: Place) {
  if (value === null || free.includes(pattern)) return
  const isScalar = typeof value !== 'object'
  const others: Json[] = isScalar
    ? [either.includes(pattern) ? true : typeof value === 'string' ? 12 : 'other', {}]
    : ['other', 12]
  for (const other of others) refuses(schema, withValue(example, path, other), `${pattern} ${JSON.stringify(other)}`)
}

/** What is written by one who has read the message. */
function sent(schema: z.ZodType, message: Json): Json {
  const read = schema.safeParse(message)
  return read.success ? JSON.parse(JSON.stringify(read.data)) : assert.fail(`refused: ${read.error.message}`)
}

function refuses(schema: z.ZodType, message: Json, what: string): void {
  assert.ok(!schema.safeParse(message).success, `accepted with ${what}`)
}

function each(values: Record<string, readonly Json[]> = {}) {
  return Object.entries(values).flatMap(([pattern, list]) => list.map((value) => ({ pattern, value })))
}

function find(places: readonly Place[], pattern: string): Place {
  return places.find((place) => place.pattern === pattern) ?? assert.fail(`no place ${pattern} in the golden`)
}
