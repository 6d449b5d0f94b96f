/** What Nix tells while it works, as entries of a task's log. */
import { resultTypes, type StoreEvent } from '@firn/nix/daemon/events'
import type { LogBody } from '../report/task-log.ts'

/** Undefined for counters, which change many times a second and say nothing of one build (hercules-ci.md 4.9.4). */
export function logEntryOf(event: StoreEvent): LogBody | undefined {
  switch (event.kind) {
    case 'message':
      return { tag: 'Msg', level: event.level, msg: event.text }
    case 'start': {
      const { activity: act, level, type: typ, text, fields, parent } = event
      return { tag: 'Start', act, level, typ, text, fields, parent }
    }
    case 'stop':
      return { tag: 'Stop', act: event.activity }
    case 'result':
      if (event.type === resultTypes.progress || event.type === resultTypes.setExpected) return undefined
      return { tag: 'Result', act: event.activity, rtype: event.type, fields: event.fields }
  }
}
