import { plainLog } from '@firn/core/log/clean'

/** A name that a repository gave, as part of a line: what would end the line or move the cursor is shown as JSON writes it. */
export function inLine(name: string): string {
  return plainLog(name.replace(/\p{Cc}/gu, (control) => JSON.stringify(control).slice(1, -1)))
}
