import type { Account } from '@firn/contract/api/account'
import type { AgentSession, ClusterJoinToken, QueueRow } from '@firn/contract/api/agents'
import type { DerivationDetail } from '@firn/contract/api/derivation'
import type { AttributeRow } from '@firn/contract/api/evaluation'
import type { RepositoryFile } from '@firn/contract/api/file'
import type { Job } from '@firn/contract/api/job'
import type { Retention } from '@firn/contract/api/operations'
import type { JobOverview } from '@firn/contract/api/overview'
import type { Project, ProjectSettings } from '@firn/contract/api/project'
import type { Repository } from '@firn/contract/api/repository'
import type { LiveEvent } from '@firn/contract/live'
import type { FakeLog } from './log.ts'
import { idOf, localAccount } from './make.ts'

/** All of the overview that does not follow from the job and its attributes. */
type Part = Partial<Omit<JobOverview, 'project' | 'job' | 'siblings'>>
export type StoredJob = {
  job: Job
  part: Part
  attributes: AttributeRow[]
  /** Derivations that the evaluation imported from. */
  imported?: string[]
}
export type StoredProject = { project: Project; settings: ProjectSettings; jobs: StoredJob[]; repository?: Repository }

/** The state of the fake server. Stories fill it; tests and the clock change it and announce. */
export class World {
  accounts: Account[] = [account('local', 'Local'), account('empty', 'Empty')]
  projects: StoredProject[] = []
  derivations = new Map<string, DerivationDetail>()
  logs = new Map<string, FakeLog>()
  /** What every commit of a project holds, by project and path. */
  files = new Map<string, RepositoryFile>()
  agents: AgentSession[] = []
  queue: QueueRow[] = []
  retention: Retention = { jobDays: 90, logDays: null, failureDays: null }
  tokens: ClusterJoinToken[] = []
  signedIn = true
  mayWrite = true
  #events: LiveEvent[] = []
  #wake = new Set<() => void>()

  addProject(project: Project, jobs: StoredJob[] = []): StoredProject {
    const stored = { project, settings: { importFromDerivation: true, submodules: false, supersede: false }, jobs }
    this.projects.push(stored)
    return stored
  }

  addDerivation(detail: DerivationDetail, log?: FakeLog): void {
    this.derivations.set(detail.derivationPath, detail)
    if (detail.logId && log) this.logs.set(detail.logId, log)
  }

  findJob(id: string): { stored: StoredProject; at: StoredJob } | undefined {
    for (const stored of this.projects) {
      const at = stored.jobs.find((it) => it.job.id === id)
      if (at) return { stored, at }
    }
    return undefined
  }

  /** Tells all listeners; also wakes those who follow a log. */
  announce(event: Partial<LiveEvent> & { kind: LiveEvent['kind'] }): void {
    const cursor = String(this.#events.length + 1)
    this.#events.push({ projectId: null, jobIds: [], derivations: [], ...event, cursor })
    this.wake()
  }

  wake(): void {
    const waiting = [...this.#wake]
    this.#wake.clear()
    for (const resolve of waiting) resolve()
  }

  changed(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#wake.delete(done)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      this.#wake.add(done)
      signal?.addEventListener('abort', done)
    })
  }

  async *events(from: string | undefined, signal: AbortSignal | undefined): AsyncGenerator<LiveEvent> {
    let next = from === undefined ? this.#events.length : Number(from)
    while (!signal?.aborted) {
      const event = this.#events[next]
      if (event) {
        next++
        yield event
      } else await this.changed(signal)
    }
  }
}

function account(slug: string, displayName: string): Account {
  return {
    id: slug === 'local' ? localAccount : idOf(`account ${slug}`),
    sourceHostingSiteSlug: 'local',
    slug,
    typ: 'Organization',
    displayName,
    imageURL: null,
    isInstalled: true,
    isInstallable: false,
    membershipRole: 'Admin',
  }
}
