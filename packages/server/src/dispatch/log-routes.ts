import { Refusal } from '@firn/base/refusal'
import type { FastifyInstance } from 'fastify'
import { checkTaskToken } from '../catalog/token.ts'
import type { LogWriter } from '../logs/append.ts'
import { writeWholeLog } from '../logs/whole-log.ts'
import { bearer, type Callers } from './callers.ts'

const wholeLogBytesMax = 32 * 1024 * 1024

/** Logs as agents without a log socket send them: whole, once (hercules-ci.md 4.8). */
export function wholeLogRoutes(
  app: FastifyInstance,
  needs: { callers: Callers; key: Buffer; logWriter: LogWriter },
): void {
  const octets = { parseAs: 'buffer', bodyLimit: wholeLogBytesMax } as const
  app.addContentTypeParser('application/octet-stream', octets, (_request, body, done) => done(null, body))

  app.post('/log', { bodyLimit: wholeLogBytesMax }, async (request, reply) => {
    const logId = checkTaskToken(needs.key, 'log', bearer(request.headers))
    if (logId === undefined) throw new Refusal('FORBIDDEN', 'This token is not good for a log.')
    await writeWholeLog(needs.logWriter, logId, request.body)
    return reply.status(204).send()
  })

  app.post('/tasks/:id/build/_log', { bodyLimit: wholeLogBytesMax }, async (request, reply) => {
    const { task } = await needs.callers.taskOf(request)
    await writeWholeLog(needs.logWriter, task.id, request.body)
    return reply.status(204).send()
  })
}
