/** An evaluation's events on their way to the server: planned, then posted (hercules-ci.md 1.14). */
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { type FoundOutput, OutputFinder, type Sought } from '../../caches/find-outputs.ts'
import { pushToAll } from '../../caches/push.ts'
import { openSources } from '../../caches/sources.ts'
import type { Machine, Serving } from '../../machine.ts'
import { EventReporter } from '../../report/events.ts'
import { logLevel, logText, type TaskLog } from '../../report/task-log.ts'
import { intoRequests, RequestPlanner } from './plan-requests.ts'

type Reporting = { taskId: string; log: TaskLog; signal: AbortSignal }

export function openReporter(
  machine: Machine,
  serving: Serving,
  { taskId, log, signal }: Reporting,
): { events: EventReporter } & AsyncDisposable {
  const sources = openSources(machine, signal)
  const onUnreachable = (storeURI: string, reason: string) =>
    void logText(log, logLevel.warn, `${storeURI} cannot be asked what it has; it is left out: ${reason}`)
  const finder = new OutputFinder({ sources: sources.sources, onUnreachable })
  const planner = new RequestPlanner({
    find: async (sought) => {
      const known = await knownToServer(serving, sought, { taskId, signal })
      const found = await finder.find(sought.filter(({ drvPath }) => !known.has(drvPath)))
      return new Map<string, readonly FoundOutput[]>([...[...known].map((drvPath) => [drvPath, []] as const), ...found])
    },
    push: (drvPaths) => pushToAll(machine.pushers, 'derivations', drvPaths),
  })
  const post = async (batch: EvaluateEvent[]) => {
    await machine.keeper.keep(batch.flatMap(wantedBy))
    const planned = await planner.plan(batch)
    if (!planned.ok) return planned
    for (const events of intoRequests(planned.events)) {
      const reply = await serving.api.postEvaluateEvents(taskId, events, signal)
      if (!reply.ok)
        return { ok: false as const, reason: `the server does not take the evaluation's events: ${reply.reason}` }
    }
    return { ok: true as const }
  }
  return { events: new EventReporter({ post }), [Symbol.asyncDispose]: () => sources[Symbol.asyncDispose]() }
}

/** The derivation that an event asks to be built; with it everything that it needs is kept. */
function wantedBy(event: EvaluateEvent): string[] {
  return event.tag === 'BuildRequest' ? [event.contents.derivationPath] : []
}

/** The server remembers what is built or was seen; where it does not say, the stores are asked. */
async function knownToServer(
  { api, session }: Serving,
  sought: readonly Sought[],
  { taskId, signal }: Omit<Reporting, 'log'>,
): Promise<Set<string>> {
  if (session.serviceInfo.firn === undefined || sought.length === 0) return new Set()
  const reply = await api.askThere(
    taskId,
    sought.map(({ drvPath }) => drvPath),
    signal,
  )
  return new Set(reply.ok ? reply.value : [])
}
