/** Requests to the server: tried again while it is away, answers parsed by the contract's schemas. */
import { type Backoff, retry, type Try } from '@firn/base/backoff'
import type { Log } from '@firn/base/log'
import { z } from 'zod'

export type HttpOptions = {
  apiBaseUrl: string
  log: Log
  /** of one try */
  requestMs: number
}

export type Request<T> = {
  method: 'GET' | 'POST'
  /** below `/api/v1/` */
  path: string
  token?: string
  body?: unknown
  answer: z.ZodType<T>
  backoff: Backoff
  signal: AbortSignal
}

/**
 * `refused`: the server understood and said no (4xx): asking again is no use. `unavailable`: it could not be reached or
 * did not work, in all tries, or the signal ended them.
 */
export type Reply<T> =
  | { ok: true; value: T }
  | { ok: false; why: 'refused'; status: number; reason: string }
  | { ok: false; why: 'unavailable'; reason: string }

export type Http = <T>(request: Request<T>) => Promise<Reply<T>>

export function openHttp({ apiBaseUrl, log, requestMs }: HttpOptions): Http {
  return async (request) => {
    const place = `${request.method} ${apiBaseUrl}/api/v1/${request.path}`
    const retried = await retry({
      backoff: request.backoff,
      signal: request.signal,
      attempt: () => tryOnce(`${apiBaseUrl}/api/v1/${request.path}`, request, requestMs),
      onWait: (reason, ms) =>
        log.warn({ request: place, retryMs: Math.round(ms) }, `the server did not answer: ${reason}`),
    })
    return retried.ok ? retried.value : { ok: false, why: 'unavailable', reason: `${place}: ${retried.reason}` }
  }
}

async function tryOnce<T>(url: string, request: Request<T>, requestMs: number): Promise<Try<Reply<T>>> {
  const { method, token, body } = request
  try {
    const response = await fetch(url, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(requestMs)]),
    })
    return readAnswer(response.status, await response.text(), request.answer)
  } catch (error) {
    return { again: whyFailed(error) }
  }
}

function readAnswer<T>(status: number, text: string, answer: z.ZodType<T>): Try<Reply<T>> {
  if (status >= 200 && status < 300) return parseAnswer(text, answer)
  const reason = `${status} ${text.slice(0, 500)}`.trim()
  return passes(status) ? { again: reason } : { done: { ok: false, why: 'refused', status, reason } }
}

/** Trouble of the server or of a proxy before it, or "not now". */
export function passes(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429
}

function parseAnswer<T>(text: string, answer: z.ZodType<T>): Try<Reply<T>> {
  const parsed = answer.safeParse(parseJson(text))
  if (parsed.success) return { done: { ok: true, value: parsed.data } }
  return { again: `an answer that is not understood: ${z.prettifyError(parsed.error)}` }
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** fetch says only "fetch failed"; what happened is in the cause. */
export function whyFailed(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message
}
