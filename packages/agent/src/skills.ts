/** Ties what the agent can do to the server it does it for: ports that speak to a session. */
import type { BuildEvent } from '@firn/contract/agent/build-event'
import type { BuildTask } from '@firn/contract/agent/task'
import { pushToAll } from './caches/push.ts'
import type { Machine, Serving } from './machine.ts'
import type { Doing, Skills } from './session/run-session.ts'
import { logKeeping, readKeptLog, removeKeptLog } from './task/build/kept-log.ts'
import { runBuild } from './task/build.ts'
import { evaluateForServer } from './task/evaluate-for-server.ts'
import { gatherBriefs } from './task/gather-briefs.ts'
import { runTask, type Work } from './task/run-task.ts'
import type { SlotKind } from './task/slots.ts'
import { declined, exceptional } from './task/status.ts'
import { abortOf } from './task/task-signal.ts'
import { type ToldTask, tellBuild, tellPublished } from './task/telling.ts'

export function agentSkills(machine: Machine, serving: Serving): Skills {
  const { log, timings } = machine
  const { slots } = serving
  const extended = serving.session.serviceInfo.firn !== undefined
  const tellBrief = gatherBriefs({ gatherMs: timings.gatherMs, isBusy: () => slots.waiting > 0 })
  const run = (tell: typeof tellPublished, task: ToldTask, { signal, ...says }: Doing, work: Work) => {
    const own = log.child({ task: task.id })
    const needs = { ...serving, ...says, tellBrief, timings, log: own }
    return runTask(tell(needs, task), work, { log: own, signal })
  }
  const giveBack: Skills['giveBack'] = async ({ id }, because) => {
    const reply = await serving.api.postStatus(id, declined(because))
    if (!reply.ok) log.warn({ task: id }, `the task could not be given back: ${reply.reason}`)
  }
  /** Who does the task again wants to read it. One that cannot be removed is in nobody's way. */
  const forgetLog = async ({ id, derivationPath }: BuildTask, { signal }: Doing) => {
    const { store, config } = machine
    const isOver = !signal.aborted || abortOf(signal) === 'cancelled'
    if (!isOver || logKeeping(store, config.build) !== 'until-told') return
    await removeKeptLog(config.environment, derivationPath).catch((error: unknown) =>
      log.warn({ task: id, err: error }, 'Nix’s copy of a log could not be removed'),
    )
  }
  /** A server that understands it may give more than there are slots for, and takes back what waits too long. */
  const inSlot = async (
    kind: SlotKind,
    task: ToldTask,
    { signal }: Doing,
    work: (leave: () => void) => Promise<void>,
  ) => {
    if (!extended) return await work(() => {})
    const place = await slots.take(kind, signal)
    if ('late' in place) {
      log.info({ task: task.id }, `not begun and given back: ${place.late}`)
      return await giveBack(task, place.late)
    }
    using _slot = place
    await work(place.leave)
  }
  return {
    evaluate: (task, doing) =>
      inSlot('evaluation', task, doing, () =>
        run(tellPublished, task, doing, (ports) => evaluateForServer(machine, serving, task, ports)),
      ),
    build: (task, doing) =>
      inSlot('build', task, doing, (leave) =>
        run(tellBuild, task, doing, (ports) => {
          const emit = async (events: BuildEvent[]) => {
            await machine.keeper.keep(
              events.flatMap((event) => (event.tag === 'OutputInfo' ? event.contents.path : [])),
            )
            return await ports.emit(events, ports.signal)
          }
          const push = async (paths: readonly string[]) => await pushToAll(machine.pushers, 'outputs', paths)
          const { nix, config } = machine
          const tools = { nix, environment: config.environment, signal: ports.signal }
          const keptLog = (drvPath: string) => readKeptLog(tools, drvPath)
          // What is left to say of it needs no slot.
          return runBuild({ ...ports, pool: machine.pool, emit, push, keptLog, extended }, task).finally(leave)
        }).then(() => forgetLog(task, doing)),
      ),
    giveBack,
    decline: (task, doing) =>
      run(tellPublished, task, doing, async () => exceptional('this version of the agent does not run effects yet')),
  }
}
