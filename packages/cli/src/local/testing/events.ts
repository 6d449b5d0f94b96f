/** What `firn eval --json` has printed. */
import { EvaluateEvent, type EventContents } from '@firn/contract/agent/evaluate-event'
import type { Ended } from '../../testing/start-firn.ts'

/** Lines of standard output, all of them events. */
export function eventsOf({ stdout }: Ended): EvaluateEvent[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => EvaluateEvent.parse(JSON.parse(line)))
}

export function contentsOf<Tag extends EvaluateEvent['tag']>(events: EvaluateEvent[], tag: Tag): EventContents<Tag>[] {
  return events.flatMap((event) => (event.tag === tag ? [event.contents as EventContents<Tag>] : []))
}

/** The last letters are the name that the expression gave. */
export const named = ({ derivationPath }: { derivationPath: string }) => derivationPath.slice(44).replace('.drv', '')
