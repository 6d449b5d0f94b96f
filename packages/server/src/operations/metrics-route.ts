import { createHash, timingSafeEqual } from 'node:crypto'
import { Refusal } from '@firn/base/refusal'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import { type Caller, mayRead } from '../catalog/caller.ts'
import type { Db } from '../db/connect.ts'
import { keepFresh } from './fresh.ts'
import { totalGauges } from './gauges.ts'
import type { Metrics } from './metrics.ts'
import { readTotals, type Totals } from './read-totals.ts'
import { within } from './within.ts'

export type MetricsRouteNeeds = {
  db: Db
  metrics: Metrics
  callerOf: (request: FastifyRequest) => Promise<Caller>
  /** What a scraper shows instead of a person's token; without it only those who may read get an answer. */
  metricsToken: string | undefined
  metricsProjects: boolean
}

/** Scrapes that come closer together than this are told the same of the database. */
const freshMs = 5000
const answerWithinMs = 3000
const late = 'the database took too long'

/** `GET /metrics`, for Prometheus. A database that is away is told, not an error: the process has figures of its own. */
export function metricsRoute(app: FastifyInstance, needs: MetricsRouteNeeds): void {
  const { registry } = needs.metrics
  const refresh = refresher(registry, needs)
  app.get('/metrics', async (request, reply) => {
    await admit(needs, request)
    await refresh()
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}

function refresher(registry: Registry, { db, metricsProjects }: MetricsRouteNeeds): () => Promise<void> {
  const show = totalGauges(registry, { withProjects: metricsProjects })
  return keepFresh(freshMs, async () => {
    const totals = await within(answerWithinMs, readTotals(db), late).catch((): Totals | undefined => undefined)
    show(totals)
  })
}

async function admit({ metricsToken, callerOf }: MetricsRouteNeeds, request: FastifyRequest): Promise<void> {
  const shown = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (metricsToken !== undefined && shown !== undefined && isSame(shown, metricsToken)) return
  if (!mayRead(await within(answerWithinMs, callerOf(request), late).catch(refuseLate)))
    throw new Refusal(
      'UNAUTHORIZED',
      'Metrics are for those who may read: sign in, or show the token of FIRN_METRICS_TOKEN as a bearer token.',
    )
}

/** Who a person is only the database knows; a token of its own for scrapers needs nobody to be asked. */
function refuseLate(error: Error): never {
  if (error.message !== late) throw error
  throw new Refusal(
    'SERVICE_UNAVAILABLE',
    'The database does not answer, so that it cannot be seen who asks. A scraper with FIRN_METRICS_TOKEN is answered all the same.',
  )
}

/** Compares hashes, which are of one length, in a time that tells nothing. */
function isSame(one: string, other: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(one), hash(other))
}
