import { Kysely, type Transaction } from 'kysely'
import pg from 'pg'
import type { DB } from './generated/tables.ts'
import { newMeter, setMeter } from './meter.ts'
import { PipelinedDialect } from './pipelined.ts'

export type Db = Kysely<DB>
export type Tx = Transaction<DB>
/** What a reader takes: it runs as well inside a transaction as outside. */
export type Reads = Db | Tx

// bigint columns hold counts and numbers far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

export type Connected = { db: Db; pool: pg.Pool; close(): Promise<void> }

/**
 * A host that is gone without a word would keep its advisory locks for as long as PostgreSQL believes in its connections: two
 * hours by default. On Unix sockets these settings say nothing.
 */
const deadPeers = '-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4'

/**
 * Opens a pool of connections. An idle connection that breaks is replaced when next needed and costs nothing;
 * a query on a broken one rejects, and whoever asked tries again.
 * @param url a `postgres://` URL; as it may hold a password it is never logged
 */
export function connect(url: string, options: { connectionsMax?: number } = {}): Connected {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connectionsMax ?? 10,
    connectionTimeoutMillis: 15_000,
    application_name: 'firn-server',
    options: deadPeers,
    pipeline: true,
  })
  pool.on('error', () => {})
  // One that breaks in the middle of a transaction, between two queries, would end the process without a listener.
  pool.on('connect', (client) => client.on('error', () => {}))
  const meter = newMeter()
  const db = new Kysely<DB>({
    dialect: new PipelinedDialect({ pool }),
    log({ queryDurationMillis }) {
      meter.queries++
      meter.queryMs += queryDurationMillis
    },
  })
  setMeter(db, meter)
  return { db, pool, close: () => db.destroy() }
}
