import type { EvaluateEvent, EventContents } from '@firn/contract/agent/evaluate-event'
import { addFindings } from '../build/add-findings.ts'
import type { Db } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import { dispatchTopic } from '../dispatch/enqueue.ts'
import { announce } from '../outbox/announce.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { noteImports } from './note-imports.ts'
import { urgencyOf } from './start-evaluation.ts'
import { insertHandlers, insertMessages, lockEvaluationOf, updateEvaluation } from './store.ts'

/** The contents of the events of one kind, in order. */
export function only<Tag extends EvaluateEvent['tag']>(events: EvaluateEvent[], tag: Tag): EventContents<Tag>[] {
  return events
    .filter((event): event is Extract<EvaluateEvent, { tag: Tag }> => event.tag === tag)
    .map((e) => e.contents as EventContents<Tag>)
}

/**
 * Takes a batch of events of an evaluation: attributes, derivations and wishes go to the build step, the rest is kept
 * here, all in one transaction. A batch that comes again (the agent heard no answer) changes nothing, and one from a
 * task whose evaluation was begun again by another is ignored.
 */
export async function acceptEvents(
  { db, nudges }: { db: Db; nudges: Nudges },
  taskId: string,
  events: EvaluateEvent[],
): Promise<void> {
  const queued = await transact(db, async (tx) => {
    const evaluation = await lockEvaluationOf(tx, taskId)
    if (evaluation === undefined || evaluation.state === 'cancelled') return 0
    const { job_id: jobId, account_id: accountId, project_id: projectId } = evaluation
    const asker = { jobId, accountId, projectId, urgency: urgencyOf(evaluation) }
    await insertMessages(tx, jobId, only(events, 'Message'))
    await insertHandlers(tx, jobId, {
      onPush: only(events, 'OnPushHandlerEvent'),
      onSchedule: only(events, 'OnScheduleHandlerEvent'),
    })
    const facts = only(events, 'FirnEvaluationFacts').at(-1)
    if (facts)
      await updateEvaluation(tx, jobId)
        .set({ facts: JSON.stringify(facts) })
        .execute()
    if (events.some((event) => event.tag === 'JobConfig'))
      await updateEvaluation(tx, jobId).set({ has_config: true }).execute()
    const builds = await addFindings(tx, asker, {
      attributes: only(events, 'Attribute'),
      effects: only(events, 'AttributeEffect'),
      errors: only(events, 'AttributeError'),
      derivations: only(events, 'DerivationInfo'),
      requests: only(events, 'BuildRequest'),
      seen: only(events, 'SubstitutionQueryResult'),
    })
    await noteImports(tx, asker, events)
    await announce(tx, { kind: 'attributes.added', projectId, jobId })
    return builds
  })
  nudges.send(outboxTopic)
  if (queued > 0) nudges.send(dispatchTopic)
}
