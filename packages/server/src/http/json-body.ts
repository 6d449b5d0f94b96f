import type { FastifyInstance } from 'fastify'

/** `\u0000` where its backslash is not itself escaped. */
const escapedNul = /(?<!\\)((?:\\\\)*)\\u0000/g

/**
 * Parses JSON bodies. PostgreSQL's text cannot hold NUL, which builders and expressions may well print: it becomes the
 * replacement character here, once for all.
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text.includes('\\u0000') ? text.replace(escapedNul, '$1\\ufffd') : text)
}

export function acceptJson(app: FastifyInstance, bodyLimit: number): void {
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit }, (_request, body, done) => {
    try {
      done(null, body === '' ? undefined : parseJson(String(body)))
    } catch {
      done(Object.assign(new Error('The body is not valid JSON.'), { statusCode: 400 }))
    }
  })
}
