import type { LiveEvent } from '@firn/contract/live'

/** What a cached answer was asked with; the shape of oRPC's query keys. */
export type Asked = { path: string; id: string | undefined; drv: string | undefined }

type Rule = (event: LiveEvent, asked: Asked) => boolean

const always: Rule = () => true
const ofJob: Rule = (event, { id }) => event.jobIds.length === 0 || (id !== undefined && event.jobIds.includes(id))
const ofProject: Rule = (event, { id }) => event.projectId === null || event.projectId === id
const ofDerivation: Rule = (event, { drv }) =>
  event.derivations.length === 0 || (drv !== undefined && event.derivations.includes(drv))

/** What is asked of one job besides its overview. */
const ofOneJob: Record<string, Rule> = { 'firn.attributes': ofJob, 'jobs.get': ofJob, 'jobs.compare': ofJob }

const lists: Record<string, Rule> = {
  'firn.home': always,
  'jobs.list': always,
  'projects.jobs': ofProject,
  'firn.commit': ofProject,
}

/** For each kind of announcement, which answers it makes stale. */
const rules: Record<LiveEvent['kind'], Record<string, Rule>> = {
  project: {
    'firn.home': always,
    'jobs.list': always,
    'projects.bySite': always,
    'firn.settings': ofProject,
    'firn.repository': ofProject,
    'firn.jobOverview': always,
  },
  job: { ...lists, ...ofOneJob, 'firn.jobOverview': always, 'agents.sessions': always },
  attributes: { ...lists, ...ofOneJob, 'firn.jobOverview': ofJob, 'firn.queue': always },
  builds: {
    ...lists,
    ...ofOneJob,
    'firn.jobOverview': ofJob,
    'firn.queue': always,
    'agents.sessions': always,
    'derivations.get': ofDerivation,
  },
  agents: {
    'firn.home': always,
    'firn.operations': always,
    'agents.sessions': always,
    'firn.queue': always,
    'firn.jobOverview': always,
  },
}

/** Whether what was announced may change an answer. Asking once too often is harmless; once too seldom is not. */
export function affects(event: LiveEvent, asked: Asked): boolean {
  return rules[event.kind][asked.path]?.(event, asked) ?? false
}

/** Reads a query key of oRPC: `[path, { input }]`. */
export function readKey(key: readonly unknown[]): Asked {
  const [path, options] = key
  const input = field(options, 'input')
  return {
    path: Array.isArray(path) ? path.join('.') : '',
    id: text(field(input, 'id')),
    drv: text(field(input, 'drv')),
  }
}

const field = (of: unknown, name: string): unknown =>
  typeof of === 'object' && of !== null ? Object.entries(of).find(([key]) => key === name)?.[1] : undefined
const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
