/** A puppet agent's tasks, sorted by kind: a test takes the next evaluation or build when it wants it. */
import { randomUUID } from 'node:crypto'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import type { AgentInfo } from '@firn/contract/agent/session'
import type { ServerPayload } from '@firn/contract/agent/socket'
import type { BuildTask, EvaluateTask, TaskStatus } from '@firn/contract/agent/task'
import type { Installation } from './installation.ts'
import { type AgentLine, joinPuppet, type Puppet, successful } from './puppet-agent.ts'
import { openRepository } from './repository.ts'

type Start = Extract<ServerPayload, { tag: 'StartEvaluation' | 'StartBuild' }>

export class Desk implements Disposable {
  readonly #firn: Installation
  readonly puppet: Puppet
  readonly line: AgentLine
  readonly startId: string
  readonly #kept: Start[] = []

  constructor(firn: Installation, { puppet, line, startId }: { puppet: Puppet; line: AgentLine; startId: string }) {
    this.#firn = firn
    this.puppet = puppet
    this.line = line
    this.startId = startId
  }

  async evaluation(): Promise<EvaluateTask> {
    const start = await this.#next('StartEvaluation')
    return start.tag === 'StartEvaluation' ? start.contents : this.evaluation()
  }

  async build(): Promise<BuildTask> {
    const start = await this.#next('StartBuild')
    return start.tag === 'StartBuild' ? start.contents : this.build()
  }

  /** Takes the next evaluation and ends it with these events. */
  async evaluate(events: EvaluateEvent[], status: TaskStatus = successful): Promise<EvaluateTask> {
    const task = await this.evaluation()
    const taken = await this.puppet.sendEvents(task.id, events)
    if (!taken.ok) throw new Error(`the events were not taken: ${await taken.text()}`)
    await this.puppet.sendStatus(task.id, status)
    return task
  }

  /** Takes the next build and ends it. */
  async finishBuild(status: TaskStatus = successful): Promise<BuildTask> {
    const task = await this.build()
    await this.puppet.sendStatus(task.id, status)
    return task
  }

  /** Pushes a new commit, of a new project where none is named. */
  async push({ project = `p${randomUUID().slice(0, 8)}`, ref = 'refs/heads/main' } = {}) {
    await using repository = await openRepository()
    const rev = await repository.commit({ 'ci.nix': '{ }', salt: randomUUID() })
    await repository.push(this.#firn.remote(project), `+HEAD:${ref}`)
    return { project, rev }
  }

  async jobs(project: string) {
    const at = { site: 'local', account: 'local', project }
    return (await this.#firn.client.projects.jobsBySite(at)).items.toReversed()
  }

  [Symbol.dispose](): void {
    this.line.drop()
  }

  async #next(tag: Start['tag']): Promise<Start> {
    const at = this.#kept.findIndex((start) => start.tag === tag)
    if (at >= 0) return this.#kept.splice(at, 1)[0] ?? this.#next(tag)
    const { payload } = await this.line.task()
    if (payload.tag === 'StartEvaluation' || payload.tag === 'StartBuild') this.#kept.push(payload)
    return this.#next(tag)
  }
}

/** Joins with a token of its own, and is online. */
export async function openDesk(firn: Installation, info: Partial<AgentInfo> = {}): Promise<Desk> {
  const puppet = await joinPuppet(firn, info)
  const startId = randomUUID()
  const { line } = await puppet.connect({ startId })
  return new Desk(firn, { puppet, line, startId })
}
