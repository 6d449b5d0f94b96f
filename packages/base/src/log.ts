/** The log of a program: one JSON object a line, or plain lines for people. Ids (job, task, agent) are fields, never text. */
import { type DestinationStream, type Logger, pino } from 'pino'

export type Log = Logger

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/** Writes to standard error unless told otherwise: standard output belongs to what a command answers. */
export function openLog(
  level: LogLevel,
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}

/** For tests and for callers who show everything in another way. */
export const silentLog: Log = pino({ level: 'silent' })
