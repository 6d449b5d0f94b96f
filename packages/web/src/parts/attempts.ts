import type { DerivationDetail } from '@firn/contract/api/derivation'
import type { State } from './state.ts'

/** One attempt to build a derivation, read from its events (hercules-ci.md 2.3.2, 2.3.3). */
export type Attempt = {
  number: number
  state: State
  /** What ended it, where that is not said by the state. */
  note: string | undefined
  agent: string | undefined
  logId: string | undefined
  startedAt: string | undefined
  endedAt: string | undefined
}

type Events = DerivationDetail['events'][number]

/** The attempts, newest first. */
export const readAttempts = (events: DerivationDetail['events']): Attempt[] =>
  events.map((list, i) => readAttempt(list, i + 1)).toReversed()

function readAttempt(events: Events, number: number): Attempt {
  const attempt: Attempt = {
    number,
    state: 'waiting',
    note: undefined,
    agent: undefined,
    logId: undefined,
    startedAt: undefined,
    endedAt: undefined,
  }
  for (const event of events) Object.assign(attempt, changeOf(event))
  return attempt
}

function changeOf(event: Events[number]): Partial<Attempt> {
  if ('Started' in event) {
    const { time, agentHostname, logId } = event.Started
    return { state: 'running', startedAt: time, logId, agent: agentHostname ?? undefined }
  }
  if ('Failed' in event) {
    const { time, technicalError } = event.Failed
    return technicalError === null
      ? { state: 'failed', endedAt: time }
      : { state: 'broken', endedAt: time, note: technicalError }
  }
  if ('Succeeded' in event) return { state: 'succeeded', endedAt: event.Succeeded.time }
  if ('Built' in event) return { state: 'succeeded', endedAt: event.Built.time }
  if ('Cancelled' in event) return { state: 'cancelled', endedAt: event.Cancelled.time }
  if ('DependencyFailed' in event) return { state: 'blocked', endedAt: event.DependencyFailed.time }
  return {}
}
