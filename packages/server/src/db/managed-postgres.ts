/**
 * A PostgreSQL server of our own in a state folder, for installations that name none by `DATABASE_URL`
 * (decisions.md, "database"). It listens on a unix socket only, ends with this process however this process ends,
 * and is started again when it dies.
 *
 * The path: lock the folder → choose where and as whom → end what an earlier process left → find the programs →
 * make the data folder once → run `postgres`, again and again, until stopped.
 *
 *   FOLDER/lock  FOLDER/data  FOLDER/lib (symlinks)  FOLDER/socket (or a short folder in /run or /tmp)
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createDatabase, databaseExists } from './databases.ts'
import { findBinaries, libraryEnv, type PostgresBinaries } from './managed-postgres/binaries.ts'
import { administrator, clusterVersion, makeCluster } from './managed-postgres/cluster.ts'
import { lockFolder } from './managed-postgres/folder-lock.ts'
import { endLeftovers } from './managed-postgres/leftovers.ts'
import type { PostgresLog } from './managed-postgres/log.ts'
import { choosePlace, commandThatEndsWithUs, type Place } from './managed-postgres/place.ts'
import { type Ending, type Postmaster, startPostmaster } from './managed-postgres/postmaster.ts'
import { PostgresRefused, usualSearchPath } from './managed-postgres/programs.ts'
import { postgresArguments } from './managed-postgres/settings.ts'
import { makeSocketFolder } from './managed-postgres/socket-folder.ts'

export type ManagedPostgresOptions = {
  /** Made when missing; belongs to this server alone, for example `STATE/postgres`. */
  folder: string
  /** Aborting stops the server as `stop` does. */
  signal: AbortSignal
  log: PostgresLog
  /** False for tests only: faster, and a power cut may destroy the database. */
  durable?: boolean
  /** `PATH` of the program, where `postgres`, `unshare`, `setpriv` and `flock` are looked for. */
  searchPath?: string
}

export type ManagedPostgres = {
  /** The database `firn`; stays the same over restarts of the server. */
  url: string
  /** The database `postgres`, from which others are made and dropped. The role is the administrator in both. */
  adminUrl: string
  /** Ends the server (fast, then harder: at most 7 s) and frees the folder. Never rejects; may be called again. */
  stop(): Promise<void>
  /** Resolves when the server has been stopped. Never rejects: a server that dies is started again. */
  ended: Promise<void>
}

/**
 * Starts the server and waits until the database `firn` takes connections: 1–2 s the first time, then 0.1 s, more
 * when it recovers from a crash. Call it from the main thread: the server ends with the thread that started it.
 * @throws PostgresRefused with a sentence for the user: folder in use, wrong version, no PostgreSQL, disk full
 */
export async function startManagedPostgres(options: ManagedPostgresOptions): Promise<ManagedPostgres> {
  const { log, searchPath = usualSearchPath, durable = true } = options
  options.signal.throwIfAborted()
  await using opened = new AsyncDisposableStack()
  await mkdir(options.folder, { recursive: true, mode: 0o700 })
  opened.use(await lockFolder(join(options.folder, 'lock'), searchPath))

  const stopping = new AbortController()
  const signal = AbortSignal.any([options.signal, stopping.signal])
  const prepared = await prepare(opened, { folder: options.folder, log, searchPath, durable, signal })
  const run = runUntilStopped({
    start: () => startPostmaster({ ...prepared.postmaster, log }),
    log,
    signal,
    data: prepared.data,
  })
  opened.defer(async () => {
    stopping.abort()
    await run.ended
  })
  await run.firstReady
  const adminUrl = socketUrl(prepared.socketFolder, 'postgres')
  if (!(await databaseExists(adminUrl, 'firn'))) await createDatabase(adminUrl, 'firn')

  const kept = opened.move()
  const ended = run.ended.then(() => kept.disposeAsync())
  return {
    url: socketUrl(prepared.socketFolder, 'firn'),
    adminUrl,
    ended,
    stop: () => {
      stopping.abort()
      return ended
    },
  }
}

type Preparation = Required<ManagedPostgresOptions>

/** All that is done once, before the first `postgres` is started. */
async function prepare(opened: AsyncDisposableStack, options: Preparation) {
  const { log, searchPath } = options
  const place = await choosePlace(options.folder, searchPath)
  if (place.elsewhere) log.info(`User namespaces are forbidden here, so the database lies in ${place.base}.`)
  await endLeftovers(place.data, log)
  const binaries = await binariesFor(place, searchPath)
  if ((await clusterVersion(place.data)) === undefined) {
    log.info(`Making the database in ${place.data} with PostgreSQL ${binaries.major} (${binaries.bin}).`)
    await makeCluster({ ...options, place, binaries })
  }
  const socketFolder = opened.use(await makeSocketFolder(place.base, place.owner)).path
  const argv = [join(binaries.bin, 'postgres'), ...postgresArguments({ ...options, data: place.data, socketFolder })]
  const command = await commandThatEndsWithUs(place, { argv, signal: 'INT', searchPath })
  const env = { PATH: searchPath, LC_ALL: 'C', ...libraryEnv(binaries) }
  return { data: place.data, socketFolder, postmaster: { command, env } }
}

async function binariesFor(place: Place, searchPath: string): Promise<PostgresBinaries> {
  const wantedMajor = await clusterVersion(place.data)
  return findBinaries({ place, searchPath, ...(wantedMajor === undefined ? {} : { wantedMajor }) })
}

type Run = { start: () => Postmaster; log: PostgresLog; signal: AbortSignal; data: string }

/** `firstReady` rejects when the first server ends before it takes connections; later ones are tried again. */
function runUntilStopped(run: Run): { firstReady: Promise<void>; ended: Promise<void> } {
  const first = run.start()
  const firstReady = first.ready.then(async (ready) => {
    run.signal.throwIfAborted()
    if (ready) return
    const { how, lines } = await first.ended
    throw new PostgresRefused(`PostgreSQL did not start (${how}).\n${lines.join('\n')}`)
  })
  return { firstReady, ended: keepRunning(first, run) }
}

/** The first restart comes at once; a server that keeps dying is tried every ten seconds. */
const firstDelayMs = 100
const longestDelayMs = 10_000
const calmAfterMs = 60_000

async function keepRunning(first: Postmaster, run: Run): Promise<void> {
  let waitMs = firstDelayMs
  for (let postmaster = first; ; postmaster = run.start()) {
    const startedAt = performance.now()
    const ending = await endedOrStopped(postmaster, run.signal)
    if (ending === undefined || (postmaster === first && !(await first.ready))) return
    if (performance.now() - startedAt > calmAfterMs) waitMs = firstDelayMs
    run.log.warn(`PostgreSQL ended by itself (${ending.how}). Starting it again in ${waitMs / 1000} s.`)
    await delay(waitMs, undefined, { signal: run.signal }).catch(() => {})
    if (run.signal.aborted) return
    waitMs = Math.min(waitMs * 2, longestDelayMs)
    // Children of a killed server finish what they do first; a new server would refuse to start beside them.
    await endLeftovers(run.data, run.log).catch((error: Error) => run.log.warn(error.message))
  }
}

/** How it ended by itself, or `undefined` when it was stopped, which is done here. */
async function endedOrStopped(postmaster: Postmaster, signal: AbortSignal): Promise<Ending | undefined> {
  const stop = Promise.withResolvers<undefined>()
  const onAbort = () => stop.resolve(undefined)
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  const ending = await Promise.race([postmaster.ended, stop.promise])
  signal.removeEventListener('abort', onAbort)
  if (ending === undefined) await postmaster.stop()
  return ending
}

/** Understood by `pg` and by libpq. Says all that either would else take from its environment. */
function socketUrl(socketFolder: string, database: string): string {
  const query = new URLSearchParams({ host: socketFolder, port: '5432', user: administrator, sslmode: 'disable' })
  return `postgresql:///${database}?${query}`
}
