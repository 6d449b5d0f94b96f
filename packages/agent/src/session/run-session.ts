/** One session on its socket: takes the server's tasks until the agent stops or the session is refused (hercules-ci.md 4.4). */
import type { Log } from '@firn/base/log'
import { aborted } from '@firn/base/loop'
import type { AgentInfo, StartInfo } from '@firn/contract/agent/session'
import { type AgentPayload, ServerFrame, type ServerPayload } from '@firn/contract/agent/socket'
import type { BuildTask, EvaluateTask } from '@firn/contract/agent/task'
import { beingStopped } from '@firn/core/agent/takes-work'
import type { Places } from '../load/measure.ts'
import { type LoadWatch, watchLoad } from '../load/watch.ts'
import { Conversation } from '../socket/conversation.ts'
import { socketUrl } from '../socket/url.ts'
import type { Slots } from '../task/slots.ts'
import { TaskTable } from '../task/task-table.ts'
import type { AgentTimings } from '../timings.ts'
import { type Session, tooOld } from './join.ts'

export type Doing = {
  say: (payload: AgentPayload) => void
  /** resolves when the server has it, whatever becomes of connections; never, when the session is lost first */
  deliver: (payload: AgentPayload) => Promise<void>
  signal: AbortSignal
}

/** What the agent can do. */
export type Skills = {
  evaluate: (task: EvaluateTask, doing: Doing) => Promise<void>
  build: (task: BuildTask, doing: Doing) => Promise<void>
  /** a task that is not begun: the server is told why, and gives it to somebody else */
  giveBack: (task: { id: string }, because: string) => Promise<void>
  /** a task of a kind that this agent does not do */
  decline: (task: { id: string; logToken: string }, doing: Doing) => Promise<void>
}

export type SessionNeeds = {
  session: Session
  info: AgentInfo
  startInfo: StartInfo
  skills: Skills
  slots: Slots
  places: Places
  timings: AgentTimings
  log: Log
  /** ends the session now, what runs is aborted */
  stop: AbortSignal
  /** takes no more tasks, ends when what runs is done */
  drain: AbortSignal
  /** says goodbye; bounded by the caller */
  goodbye: () => Promise<void>
}

export type SessionEnd = { how: 'stopped' } | { how: 'refused'; reason: string }

type AgentSocket = Conversation<AgentPayload, ServerPayload, ServerPayload>

/** How long aborted tasks may take to end their builders and reports. */
const abortMs = 8_000

export async function runSession(needs: SessionNeeds): Promise<SessionEnd> {
  const tasks = new TaskTable(needs.log)
  const line = new AbortController()
  const socket = openSocket(needs, tasks, line.signal)
  const stopped = Promise.race([aborted(needs.stop), aborted(needs.drain).then(() => tasks.idle())])
  const end = await Promise.race([socket.ended, stopped.then((): SessionEnd => ({ how: 'stopped' }))])
  tasks.abortAll(end.how === 'refused' ? 'session lost' : 'shutdown')
  await Promise.race([tasks.idle(), aborted(AbortSignal.timeout(abortMs))])
  if (end.how === 'stopped') await needs.goodbye()
  line.abort()
  await socket.ended
  return end
}

function openSocket(needs: SessionNeeds, tasks: TaskTable, signal: AbortSignal) {
  const { session, info, startInfo, timings, log } = needs
  const load = isExtended(session)
    ? watch(needs, (said) => socket.connected && void socket.send(said), signal)
    : undefined
  const socket: AgentSocket = new Conversation<AgentPayload, ServerPayload, ServerPayload>({
    address: { url: socketUrl(session.serviceInfo.agentSocketBaseURL, '/api/v1/agent-socket'), token: session.token },
    frames: ServerFrame,
    greet: (oob) => {
      if (oob.tag !== 'ServiceInfo') return { incompatible: `a greeting ${oob.tag} where ServiceInfo was expected` }
      const old = tooOld(oob.contents.version)
      if (old !== undefined) return { incompatible: old }
      return { oob: { tag: 'Hello', contents: { agentInfo: info, startInfo, tasksInProgress: tasks.inProgress() } } }
    },
    receive: (payload) =>
      obey(
        needs,
        { tasks, load, say: (reply) => void socket.send(reply), deliver: (reply) => socket.deliver(reply) },
        payload,
      ),
    keepAlive: () => ({ tag: 'Ping' }),
    timings: timings.socket,
    log,
    onConnected: () => {
      log.info('Agent online.')
      load?.nudge()
    },
    signal,
  })
  return socket
}

function obey(
  needs: SessionNeeds,
  { tasks, load, say, deliver }: { tasks: TaskTable; load: LoadWatch | undefined } & Omit<Doing, 'signal'>,
  payload: ServerPayload,
): void {
  const { skills, log, drain } = needs
  if (payload.tag === 'ServiceInfo') return
  if (payload.tag === 'Cancel') {
    tasks.cancel(payload.contents.taskId)
    return
  }
  const whyNot = load && (drain.aborted ? beingStopped : load.whyNot())
  if (whyNot != null) {
    log.info({ task: payload.contents.id }, `not begun and given back: ${whyNot}`)
    tasks.start(payload.contents.id, () => skills.giveBack(payload.contents, whyNot))
  } else if (drain.aborted)
    log.info({ task: payload.contents.id }, 'not begun: no more tasks are taken, the goodbye gives it back')
  else {
    log.info({ task: payload.contents.id, kind: payload.tag }, 'a task')
    tasks.start(payload.contents.id, (signal) => begin(skills, payload, { say, deliver, signal }))
  }
}

/** Whether the server understands what Firn adds. */
const isExtended = (session: Session) => session.serviceInfo.firn !== undefined

function watch(needs: SessionNeeds, say: (payload: AgentPayload) => void, signal: AbortSignal): LoadWatch {
  const { places, slots, timings, drain, log } = needs
  const load = watchLoad({
    places,
    ahead: () => slots.ahead,
    timings: timings.load,
    drain,
    report: (load) => say({ tag: 'Ping', firn: { load } }),
    onError: (error) => log.warn({ err: error }, 'the load of this machine cannot be measured'),
    signal,
  })
  slots.onAhead = load.nudge
  return load
}

type Start = Exclude<ServerPayload, { tag: 'ServiceInfo' | 'Cancel' }>

function begin(skills: Skills, start: Start, doing: Doing): Promise<void> {
  if (start.tag === 'StartEvaluation') return skills.evaluate(start.contents, doing)
  if (start.tag === 'StartBuild') return skills.build(start.contents, doing)
  return skills.decline(start.contents, doing)
}
