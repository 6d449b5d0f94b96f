import { Readable } from 'node:stream'
import { Refusal } from '@firn/base/refusal'
import { Id } from '@firn/contract/ids'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type Caller, mayRead } from '../catalog/caller.ts'
import type { LogNeeds } from './append.ts'
import { type ReadNeeds, readParts } from './read.ts'
import { findLog, type LogRow } from './store.ts'

export type TextNeeds = LogNeeds & { callerOf(request: FastifyRequest): Promise<Caller> }

/** Which lines are wanted, counted from 0; all of them where nothing is said. */
const Range = z.object({
  from: z.coerce.number().int().nonnegative().default(0),
  count: z.coerce.number().int().positive().optional(),
})
type Range = z.infer<typeof Range>

/** A log as plain text, to download or to read with other tools; with `from` and `count` a part of it. */
export function logTextRoutes(app: FastifyInstance, needs: TextNeeds): void {
  app.get('/firn/logs/:id/text', async (request, reply) => {
    await refuseStrangers(needs, request)
    const { id } = z.object({ id: Id }).parse(request.params)
    const range = Range.parse(request.query)
    return sendText(needs, reply, { logId: id, name: `log-${id}.txt`, range })
  })
}

/** @throws Refusal unless the caller may look around */
export async function refuseStrangers(
  { callerOf }: Pick<TextNeeds, 'callerOf'>,
  request: FastifyRequest,
): Promise<void> {
  if (!mayRead(await callerOf(request))) throw new Refusal('UNAUTHORIZED', 'Sign in first, or send a token.')
}

/** Answers with the lines that there are now, whatever their number, a piece at a time. */
export async function sendText(
  needs: ReadNeeds,
  reply: FastifyReply,
  { logId, name, range }: { logId: string; name: string; range?: Range },
): Promise<FastifyReply> {
  const log = await findLog(needs.db, logId)
  if (log === undefined) throw new Refusal('NOT_FOUND', 'There is no such log, or it has been removed.')
  // A part is looked at, a whole is saved.
  const disposition = range?.count === undefined ? 'attachment' : 'inline'
  return reply
    .type('text/plain; charset=utf-8')
    .header('content-disposition', `${disposition}; filename="${name.replace(/[^A-Za-z0-9._+-]/g, '_')}"`)
    .send(Readable.from(textOf(needs, { logId, log }, range)))
}

async function* textOf(
  needs: ReadNeeds,
  { logId, log }: { logId: string; log: LogRow },
  { from = 0, count = log.lines }: Partial<Range> = {},
): AsyncGenerator<string> {
  let left = count
  for await (const part of readParts(needs, logId, { log, from, count })) {
    const lines = part.slice(0, left)
    left -= lines.length
    if (lines.length > 0) yield `${lines.map((line) => line.t).join('\n')}\n`
  }
}
