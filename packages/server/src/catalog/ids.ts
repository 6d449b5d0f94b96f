import crypto from 'node:crypto'

/** A new id: sorts by the time it was made, so that indexes grow at one end. */
export function newId(): string {
  return crypto.randomUUIDv7()
}
