import { plainLog } from '@firn/core/log/clean'

/** The line of a message of Nix that says what is wrong: its last `error:`, else its first line. */
export function tellingLine(message: string): string {
  const lines = plainLog(message)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const last = lines.findLast((line) => /^error:\s*\S/.test(line))
  return last?.replace(/^error:\s*/, '') ?? lines.find((line) => line !== 'error:') ?? message
}

/** Whether the telling line is all that the message says. */
export const isTold = (message: string): boolean =>
  plainLog(message)
    .trim()
    .replace(/^error:\s*/, '') === tellingLine(message)
