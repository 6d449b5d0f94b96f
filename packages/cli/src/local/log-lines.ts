/** The log of a local evaluation, for people: what the expression says, warnings and errors; the rest is for a page. */
import { logLevel, type TaskLog } from '@firn/agent/report/task-log'
import type { Printer } from '../watch/printer.ts'

/** Lines up to Nix's level `notice`, and why Git gave up; what builders print is left to those who show builds. */
export function logTo(printer: Printer): TaskLog {
  return async (entry) => {
    if (entry.tag !== 'Msg' || (entry.level > logLevel.notice && !/^fatal: /.test(entry.msg))) return
    for (const line of entry.msg.split('\n')) printer.line(printer.style('gray', printer.foreign(line)))
  }
}
