/** `\u0000` where its backslash is not itself escaped. */
const escapedNul = /(?<!\\)((?:\\\\)*)\\u0000/g

/** Perhaps half a character: `\ud83d` without the other half. */
const escapedHalf = /\\u[dD]/

/**
 * Parses JSON of others. PostgreSQL's text cannot hold NUL, which builders and expressions may well print, nor its JSON half a
 * character, which a cut text ends with: each becomes the replacement character here, once for all.
 */
export function parseJson(text: string): unknown {
  const clean = text.includes('\\u0000') ? text.replace(escapedNul, '$1\\ufffd') : text
  return escapedHalf.test(clean) ? JSON.parse(clean, (_key, value: unknown) => wellFormed(value)) : JSON.parse(clean)
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  if (Object.keys(value).every((key) => key.isWellFormed())) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), member]))
}
