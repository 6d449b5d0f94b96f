/** The calls of the agent's HTTP table (hercules-ci.md 4.8) that it makes. */
import type { BuildEvent } from '@firn/contract/agent/build-event'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { type AgentInfo, ServiceInfo, type StartInfo } from '@firn/contract/agent/session'
import type { TaskStatus } from '@firn/contract/agent/task'
import { Derivations } from '@firn/contract/agent/there'
import { z } from 'zod'
import type { AgentTimings } from '../timings.ts'
import type { Http, Reply } from './http.ts'

const Anything = z.unknown()

/** hercules-ci.md 4.8; null while the server does not know of an attempt. */
const EvalBuild = z
  .tuple([z.string(), z.enum(['Waiting', 'Building', 'BuildFailure', 'DependencyFailure', 'BuildSuccess'])])
  .transform(([attempt, status]) => ({ attempt, status }))
  .nullable()
export type EvalBuild = z.infer<typeof EvalBuild>

type Caller = { http: Http; timings: AgentTimings; signal: AbortSignal }

/** Without authorization. */
export function fetchServiceInfo({ http, timings, signal }: Caller): Promise<Reply<ServiceInfo>> {
  return http({ method: 'GET', path: 'agent/service-info', answer: ServiceInfo, backoff: timings.requests, signal })
}

/** A session for the join token (hercules-ci.md 4.3.5); `refused` when the server does not take the token. */
export function createSession(caller: Caller, joinToken: string, agentInfo: AgentInfo): Promise<Reply<string>> {
  const { http, timings, signal } = caller
  const request = { method: 'POST', path: 'agent/session', token: joinToken, body: { agentInfo } } as const
  return http({ ...request, answer: z.string().min(1), backoff: timings.requests, signal })
}

/** What may be said with a session's token. A task's calls end with the signal given for it. */
export class SessionApi {
  readonly #caller: Caller
  readonly #token: string

  constructor(caller: Caller, token: string) {
    this.#caller = caller
    this.#token = token
  }

  postEvaluateEvents(taskId: string, events: EvaluateEvent[], signal: AbortSignal): Promise<Reply<unknown>> {
    return this.#report(`tasks/${taskId}/eval`, events, signal)
  }

  postBuildEvents(taskId: string, events: BuildEvent[], signal: AbortSignal): Promise<Reply<unknown>> {
    return this.#report(`tasks/${taskId}/build`, events, signal)
  }

  /** Tried as long as the session lives (hercules-ci.md 4.12.2). */
  postStatus(taskId: string, status: TaskStatus): Promise<Reply<unknown>> {
    return this.#report(`tasks/${taskId}`, status, this.#caller.signal)
  }

  /** Whether a derivation that an evaluation waits for is built (hercules-ci.md 1.13.2). */
  evalBuild(drvPath: string, signal: AbortSignal): Promise<Reply<EvalBuild>> {
    const { http, timings } = this.#caller
    const path = `agent/eval-build/${encodeURIComponent(drvPath)}`
    return http({ method: 'GET', path, token: this.#token, answer: EvalBuild, backoff: timings.reports, signal })
  }

  /** Those of the derivations that the server knows to be there; only asked of one that understands it. */
  askThere(taskId: string, drvPaths: string[], signal: AbortSignal): Promise<Reply<string[]>> {
    const { http, timings } = this.#caller
    const path = `firn/tasks/${taskId}/there`
    const asking = { method: 'POST', path, token: this.#token, body: drvPaths } as const
    return http({ ...asking, answer: Derivations, backoff: timings.requests, signal })
  }

  /** Tells that this run of the agent ends; given up with the signal, since a server that is away notices by itself. */
  goodbye(startInfo: StartInfo, signal: AbortSignal): Promise<Reply<unknown>> {
    return this.#report('agent/goodbye', startInfo, signal)
  }

  #report(path: string, body: unknown, signal: AbortSignal): Promise<Reply<unknown>> {
    const { http, timings } = this.#caller
    return http({ method: 'POST', path, token: this.#token, body, answer: Anything, backoff: timings.reports, signal })
  }
}
