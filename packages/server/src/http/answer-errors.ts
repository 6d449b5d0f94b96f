import { Refusal } from '@firn/base/refusal'
import type { ErrorBody } from '@firn/contract/api/error'
import { ORPCError } from '@orpc/server'
import type { FastifyInstance } from 'fastify'
import { ZodError, z } from 'zod'

export type Answer = { status: number; body: ErrorBody }

/** What is told to the one who asked; what only we should know is not in it. */
export function answerOf(error: unknown): Answer {
  if (error instanceof Refusal) return answer(error.status, error.kind, error.message)
  if (error instanceof ZodError)
    return answer(400, 'BAD_REQUEST', `The request is not as it should be. ${z.prettifyError(error)}`)
  if (error instanceof ORPCError) return answer(error.status, error.code, messageOf(error))
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' && error.statusCode < 500)
    return answer(error.statusCode, 'BAD_REQUEST', error.message)
  if (isDatabaseAway(error))
    return answer(503, 'SERVICE_UNAVAILABLE', 'The database cannot be reached just now. Try again in a moment.')
  return answer(500, 'INTERNAL_SERVER_ERROR', 'Something went wrong in Firn; its log says what. Trying again may help.')
}

/** PostgreSQL's classes for "not now": connection exceptions and operator intervention; and the system's own words. */
const awayCodes = /^(08...|57P0[123]|ECONNREFUSED|ECONNRESET|ENOENT|EPIPE)$/

function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && awayCodes.test(String(error.code)) && !('path' in error)) return true
  return /^(Connection terminated|timeout exceeded when trying to connect)/.test(error.message)
}

function messageOf(error: ORPCError<string, unknown>): string {
  if (error.cause instanceof Error && 'issues' in error.cause)
    return `${error.message}: ${issuesOf(error.cause.issues)}`
  return error.message
}

function issuesOf(issues: unknown): string {
  if (!Array.isArray(issues)) return ''
  return issues.map((issue) => `${(issue.path ?? []).join('.')}: ${issue.message}`).join('; ')
}

function answer(status: number, tag: string, message: string): Answer {
  return { status, body: { errorTags: [tag], message } }
}

export function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, body } = answerOf(error)
    if (status === 500) request.log.error({ err: error }, 'request failed')
    return reply.status(status).send(body)
  })
  app.setNotFoundHandler((_request, reply) => {
    const { status, body } = answerOf(new Refusal('NOT_FOUND', 'There is nothing at this address.'))
    return reply.status(status).send(body)
  })
}
