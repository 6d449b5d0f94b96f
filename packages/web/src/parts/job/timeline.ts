import type { JobOverview } from '@firn/contract/api/overview'

/** A part of a job on its axis; `from` and `to` are fractions of the whole. */
export type TimelineBar = {
  name: 'waiting' | 'evaluating' | 'building'
  from: number
  to: number
  ms: number
  open: boolean
}

/** The parts of a job on one axis that begins with the queue and ends with the job, or now while it runs (ms). */
export function timelineBars(timeline: JobOverview['timeline'], now: number): TimelineBar[] {
  const at = (instant: string | null) => (instant === null ? null : Date.parse(instant))
  const start = Date.parse(timeline.queuedAt)
  const ended = at(timeline.endedAt)
  const end = Math.max(ended ?? now, start + 1)
  const evaluating = at(timeline.evaluationStartedAt)
  const evaluated = at(timeline.evaluationEndedAt)
  const building = at(timeline.buildsStartedAt)
  const bar = (name: TimelineBar['name'], from: number | null, to: number | null): TimelineBar[] => {
    if (from === null) return []
    const fraction = (at: number) => Math.min(1, Math.max(0, (at - start) / (end - start)))
    const until = Math.max(from, Math.min(end, to ?? end))
    return [{ name, from: fraction(from), to: fraction(until), ms: until - from, open: to === null && ended === null }]
  }
  return [
    ...bar('waiting', start, evaluating),
    ...bar('evaluating', evaluating, evaluated),
    ...bar('building', building, ended),
  ]
}
