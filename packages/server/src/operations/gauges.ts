import type { Pool } from 'pg'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Meter } from '../db/meter.ts'
import type { Totals } from './read-totals.ts'

/** A platform is text from a repository: more of them than this, and longer ones, are told together as `other`. */
const platformsMax = 40
const platformCharsMax = 64

/** Sets gauges to what was just read; `undefined` where the database could not be asked, and then they are left out. */
export function totalGauges(registry: Registry, { withProjects }: { withProjects: boolean }) {
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  const up = gauge('firn_database_up', 'Whether the database answered within the time limit.')
  const queued = gauge('firn_queue_tasks', 'Tasks that wait for an agent.', ['kind', 'platform'])
  const oldest = gauge(
    'firn_queue_oldest_seconds',
    'How long the one of these has waited that came first; the pause before a retry does not count.',
    ['kind', 'platform'],
  )
  const running = gauge('firn_tasks_running', 'Tasks at an agent: assigned or started.', ['kind', 'state'])
  const online = gauge('firn_agents_online', 'Agents that are connected.')
  const refusing = gauge(
    'firn_agents_refusing',
    'Of these, those that take nothing new: they finish, or are short of disk.',
  )
  const slots = gauge('firn_agent_slots', 'Slots of these agents.')
  const busy = gauge('firn_agent_slots_busy', 'Slots of these agents that are at work.')
  const jobs = gauge('firn_jobs_open', 'Jobs that are not done.', withProjects ? ['phase', 'project'] : ['phase'])
  const lag = gauge('firn_outbox_lag_seconds', 'Age of the oldest news that a follower has not passed.', ['follower'])
  const alerts = gauge('firn_alerts', 'What should be running and is not, by kind.', ['kind'])
  const bytes = gauge('firn_database_bytes', 'Size of the database on disk.')
  const all = [queued, oldest, running, online, refusing, slots, busy, jobs, lag, alerts, bytes]
  return (totals: Totals | undefined) => {
    for (const each of all) each.reset()
    up.set(totals === undefined ? 0 : 1)
    if (totals === undefined) {
      // One without labels is 0 when reset, which would be a claim.
      for (const each of all) each.remove({})
      return
    }
    const ages = new Map<string, number>()
    for (const [at, { kind, platform, tasks, oldestS }] of totals.queue.entries()) {
      const labels = { kind, platform: at < platformsMax && platform.length <= platformCharsMax ? platform : 'other' }
      queued.inc(labels, tasks)
      const key = JSON.stringify(labels)
      ages.set(key, Math.max(oldestS, ages.get(key) ?? 0))
      oldest.set(labels, ages.get(key) ?? 0)
    }
    for (const { tasks, ...labels } of totals.running) running.set(labels, tasks)
    online.set(totals.agents.online)
    refusing.set(totals.agents.refusing)
    slots.set(totals.agents.slots)
    busy.set(totals.agents.busy)
    for (const { phase, project, jobs: n } of totals.jobs) jobs.inc(withProjects ? { phase, project } : { phase }, n)
    for (const { follower, lagS } of totals.outbox) lag.set({ follower }, lagS)
    for (const { kind } of totals.alerts) alerts.inc({ kind })
    bytes.set(totals.databaseBytes)
  }
}

/** What this replica's connections have done and do. */
export function poolGauges(registry: Registry, { pool, meter }: { pool: Pool; meter: Meter }): void {
  const registers = [registry]
  new Gauge({
    name: 'firn_database_connections',
    help: 'Connections of the pool, and requests that wait for one.',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'idle' }, pool.idleCount)
      this.set({ state: 'busy' }, pool.totalCount - pool.idleCount)
      this.set({ state: 'wanted' }, pool.waitingCount)
    },
  })
  const counted = (name: string, help: string, read: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  counted('firn_database_queries_total', 'Statements that were run.', () => meter.queries)
  counted('firn_database_query_seconds_total', 'Time that they took together.', () => meter.queryMs / 1000)
  counted('firn_database_transactions_total', 'Transactions that were begun.', () => meter.transactions)
  counted(
    'firn_database_retries_total',
    'Transactions that were begun again, another being in the way.',
    () => meter.retries,
  )
}
