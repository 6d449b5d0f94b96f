import { Refusal } from '@firn/base/refusal'
import type { LogWriter } from './append.ts'
import { readText } from './lines.ts'

/**
 * Keeps a log that its writer sends whole. Sent again, because no answer was heard, it changes nothing.
 * @throws Refusal when the body is no bytes, or the log was begun on a socket
 */
export async function writeWholeLog(logWriter: LogWriter, logId: string, body: unknown): Promise<void> {
  if (!Buffer.isBuffer(body)) throw new Refusal('BAD_REQUEST', 'A log is sent as application/octet-stream.')
  const lines = readText(body.toString('utf8'))
  if (await logWriter.append(logId, { after: -1, n: 0, lines, phases: [], end: true })) return
  const log = await logWriter.find(logId)
  if (log === undefined) throw new Refusal('NOT_FOUND', 'There is no such log, or it has been removed.')
  if (log.ended_at === null) throw new Refusal('CONFLICT', 'This log is being written on a socket.')
}
