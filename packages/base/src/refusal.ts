/** Kinds of refusal, by the HTTP status that says the same. */
export const refusals = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  GONE: 410,
  TOO_LARGE: 413,
  SERVICE_UNAVAILABLE: 503,
} as const

export type RefusalKind = keyof typeof refusals

/**
 * What a request is refused with: thrown where the reason is found, answered in one place. The message is a sentence for
 * the one who asked: what is wrong, what to do next.
 */
export class Refusal extends Error {
  readonly kind: RefusalKind
  readonly status: number

  constructor(kind: RefusalKind, message: string) {
    super(message)
    this.name = 'Refusal'
    this.kind = kind
    this.status = refusals[kind]
  }
}
