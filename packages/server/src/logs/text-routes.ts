import { Readable } from 'node:stream'
import { Refusal } from '@firn/base/refusal'
import { Id } from '@firn/contract/ids'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Caller, mayRead } from '../catalog/caller.ts'
import type { LogNeeds } from './append.ts'
import { readWindow } from './read.ts'

export type TextNeeds = LogNeeds & { callerOf(request: FastifyRequest): Promise<Caller> }

/** A log as plain text, to download or to read with other tools. */
export function logTextRoutes(app: FastifyInstance, needs: TextNeeds): void {
  app.get('/firn/logs/:id/text', async (request, reply) => {
    await refuseStrangers(needs, request)
    const { id } = request.params as { id: string }
    return sendText(needs, reply, { logId: Id.parse(id), name: `log-${id}.txt` })
  })
}

/** @throws Refusal unless the caller may look around */
export async function refuseStrangers({ callerOf }: TextNeeds, request: FastifyRequest): Promise<void> {
  if (!mayRead(await callerOf(request))) throw new Refusal('UNAUTHORIZED', 'Sign in first, or send a token.')
}

const linesAtOnce = 2000

/** Answers with the lines that there are now, whatever their number, a piece at a time. */
export async function sendText(
  needs: LogNeeds,
  reply: FastifyReply,
  { logId, name }: { logId: string; name: string },
): Promise<FastifyReply> {
  if ((await readWindow(needs, logId, { from: 0, count: 1 })) === undefined)
    throw new Refusal('NOT_FOUND', 'There is no such log, or it has been removed.')
  return reply
    .type('text/plain; charset=utf-8')
    .header('content-disposition', `attachment; filename="${name.replace(/[^A-Za-z0-9._+-]/g, '_')}"`)
    .send(Readable.from(textOf(needs, logId)))
}

async function* textOf(needs: LogNeeds, logId: string): AsyncGenerator<string> {
  for (let from = 0; ; ) {
    const window = await readWindow(needs, logId, { from, count: linesAtOnce })
    if (window === undefined || window.lines.length === 0) return
    yield `${window.lines.map((line) => line.t).join('\n')}\n`
    from += window.lines.length
  }
}
