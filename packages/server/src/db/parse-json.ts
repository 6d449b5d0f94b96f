/** `\u0000` where its backslash is not itself escaped. */
const escapedNul = /(?<!\\)((?:\\\\)*)\\u0000/g

/**
 * Parses JSON of others. PostgreSQL's text cannot hold NUL, which builders and expressions may well print: it becomes the
 * replacement character here, once for all.
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text.includes('\\u0000') ? text.replace(escapedNul, '$1\\ufffd') : text)
}
