import type { DerivationDetail } from '@firn/contract/api/derivation'
import type { State } from './state.ts'

/** One attempt to build a derivation, read from its events (hercules-ci.md 2.3.2, 2.3.3). */
export type Attempt = {
  number: number
  state: State
  /** What ended it, where that is not said by the state. */
  note: string | undefined
  /** Why it is made at all, where an earlier one was not the last. */
  why: string | undefined
  agent: string | undefined
  logId: string | undefined
  queuedAt: string | undefined
  startedAt: string | undefined
  endedAt: string | undefined
}

type Events = DerivationDetail['events'][number]

/**
 * The attempts, newest first. The published form has a list of events for each time that somebody asked; what was queued
 * again within one, because an agent was lost, is an attempt of its own here.
 */
export const readAttempts = (events: DerivationDetail['events']): Attempt[] =>
  events
    .flatMap(splitAttempts)
    .map((list, i) => readAttempt(list, i + 1))
    .toReversed()

function splitAttempts(events: Events): Events[] {
  const attempts: Events[] = []
  for (const event of events) {
    const last = attempts.at(-1)
    if (last && !('Queued' in event)) last.push(event)
    else attempts.push([event])
  }
  return attempts
}

function readAttempt(events: Events, number: number): Attempt {
  const attempt: Attempt = {
    number,
    state: 'waiting',
    note: undefined,
    why: undefined,
    agent: undefined,
    logId: undefined,
    queuedAt: undefined,
    startedAt: undefined,
    endedAt: undefined,
  }
  for (const event of events) Object.assign(attempt, changeOf(event))
  return attempt
}

function changeOf(event: Events[number]): Partial<Attempt> {
  if ('Queued' in event) return { queuedAt: event.Queued.time, why: whyQueued(event.Queued) }
  if ('Started' in event) {
    const { time, agentHostname, logId } = event.Started
    return { state: 'running', startedAt: time, logId, agent: agentHostname ?? undefined }
  }
  if ('Failed' in event) {
    const { time, technicalError, because } = event.Failed
    return technicalError === null
      ? { state: 'failed', endedAt: time, note: because }
      : { state: 'broken', endedAt: time, note: technicalError }
  }
  if ('Succeeded' in event) return { state: 'succeeded', endedAt: event.Succeeded.time }
  if ('Built' in event) return { state: 'succeeded', endedAt: event.Built.time }
  if ('Cancelled' in event) return { state: 'cancelled', endedAt: event.Cancelled.time }
  if ('DependencyFailed' in event) return { state: 'blocked', endedAt: event.DependencyFailed.time }
  return {}
}

type Queued = Extract<Events[number], { Queued: unknown }>['Queued']

function whyQueued({ requeuedForAgent, requeuedForEvalOfJob }: Queued): string | undefined {
  if (requeuedForAgent !== null) return `queued again because ${requeuedForAgent} was lost`
  return requeuedForEvalOfJob === null ? undefined : 'queued again because the evaluation of a job imports from it'
}
