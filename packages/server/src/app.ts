/**
 * The server, put together: which room gets which parts, which loop turns, and who hears which news. Nothing else is
 * decided here.
 */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Log } from '@firn/base/log'
import { type Loop, startLoop } from '@firn/base/loop'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { mendWaiting } from './build/mend.ts'
import { buildStep } from './build/task-step.ts'
import { ensureLocalAccount } from './catalog/accounts.ts'
import { readInstanceKey } from './catalog/instance.ts'
import { ensureAdministrator } from './catalog/people.ts'
import { openSignIn } from './catalog/sign-in.ts'
import type { Config } from './config.ts'
import { writeConnectionFile } from './connection-file.ts'
import { connect } from './db/connect.ts'
import { startManagedPostgres } from './db/managed-postgres.ts'
import { meterOf } from './db/meter.ts'
import { migrate } from './db/migrate.ts'
import { openNudges } from './db/nudges.ts'
import { assignTasks } from './dispatch/assign.ts'
import { openCallers } from './dispatch/callers.ts'
import { endOrphanedLogs } from './dispatch/end-logs.ts'
import { dispatchTopic } from './dispatch/enqueue.ts'
import { loseSilentSessions } from './dispatch/lose-sessions.ts'
import { openMail } from './dispatch/mail.ts'
import { openLoads } from './dispatch/remember-load.ts'
import { openReports } from './dispatch/take-reports.ts'
import { effectStep } from './effect/task-step.ts'
import { evaluationStep } from './evaluation/task-step.ts'
import { openGit } from './forge/git/git.ts'
import { makeHooksFolder } from './forge/git/hooks-folder.ts'
import { openRepositories } from './forge/git/repositories.ts'
import type { Forge } from './forge/open-repository.ts'
import { openMirrors } from './forge/remote/mirrors.ts'
import { openRemoteGit } from './forge/remote/remote-git.ts'
import { remotesTopic } from './forge/remote/remotes.ts'
import { openDrain } from './http/drain.ts'
import { openSockets } from './http/sockets.ts'
import { createHandlerJobs } from './job/announce-handlers.ts'
import { updateJob } from './job/fold-job.ts'
import { rankJobs } from './job/rank-jobs.ts'
import { supersedeEvaluations, supersedeOlder } from './job/supersede.ts'
import { openLogWriter } from './logs/append.ts'
import { fileBlobs } from './logs/blob-store.ts'
import { sweepBlobs } from './logs/sweep-blobs.ts'
import { countLately } from './operations/count-lately.ts'
import { poolGauges } from './operations/gauges.ts'
import { openHeartbeats } from './operations/heartbeats.ts'
import { journal } from './operations/journal.ts'
import { openMetrics } from './operations/metrics.ts'
import { observeTasks } from './operations/observe-tasks.ts'
import { applyRetention } from './operations/retention/apply.ts'
import { lookAround } from './operations/watch.ts'
import { forgetOldAnnouncements } from './outbox/forget.ts'
import { startRelay } from './outbox/relay.ts'
import type { Parts } from './parts.ts'
import { addRoutes, socketRoutes } from './routes.ts'
import { acceptAllRefs } from './trigger/accept-refs.ts'
import { lookAtRemotes } from './trigger/look-at-remote.ts'

export type Server = {
  /** Where it is reached, without a slash at the end. */
  url: string
  /** Takes no more, ends what it does, closes everything. */
  stop(): Promise<void>
}

/** Starts everything and resolves when the server answers. @throws with a sentence for the operator when it can't */
export async function startServer(options: {
  config: Config
  log: Log
  version: string
  signal: AbortSignal
}): Promise<Server> {
  const { config, log } = options
  await using opened = new AsyncDisposableStack()
  const stopping = new AbortController()
  const signal = AbortSignal.any([options.signal, stopping.signal])
  const onError = (error: unknown) => log.error({ err: error }, 'something failed; it is tried again')

  await mkdir(config.stateFolder, { recursive: true, mode: 0o700 })
  const databaseUrl = config.databaseUrl ?? (await ownDatabase(opened, config, log))
  const { db, pool, close } = connect(databaseUrl)
  opened.defer(close)
  await migrate(db)
  const nudges = openNudges(databaseUrl, onError)
  opened.defer(() => nudges.close())

  const key = await readInstanceKey(db)
  await ensureLocalAccount(db)
  const administrator = await ensureAdministrator(db)
  const hooksFolder = join(config.stateFolder, 'hooks')
  await makeHooksFolder(hooksFolder)

  const port = config.port === 0 ? await freePort(config.host) : config.port
  const { own: url, others } = addresses(config.host, port)
  const publicUrl = config.publicUrl ?? others
  const metrics = openMetrics(options.version)
  poolGauges(metrics.registry, { pool, meter: meterOf(db) })
  const evaluate = evaluationStep({ key, publicUrl })
  const steps = observeTasks({ evaluate, build: buildStep({ key }), effect: effectStep }, { log, metrics })
  const logs = { blobs: fileBlobs(config.blobFolder), logBound: config.logBound }
  const logWriter = openLogWriter({ db, nudges, ...logs })
  const parts: Parts = {
    db,
    nudges,
    key,
    publicUrl,
    onError,
    closing: signal,
    version: options.version,
    agentLostAfterS: config.agentLostAfterS,
    ...logs,
    logWriter,
    forge: openForge(config, signal),
    privateForges: config.privateForges,
    signIn: openSignIn({ db, key, publicUrl }),
    steps,
    callers: openCallers(db),
    takeReports: openReports({ db, nudges, steps, logWriter }),
    mail: openMail({ db, steps }),
    rememberLoad: openLoads({ db, nudges }),
    metrics,
    log,
    isLocal: isLoopback(config.host),
  }

  const http = Fastify({
    loggerInstance: requestLog(log),
    // Commit pages, attribute paths and derivations are long.
    routerOptions: { maxParamLength: 5000 },
    forceCloseConnections: 'idle',
  })
  const drain = openDrain(http)
  const hook = { url, token: randomBytes(24).toString('base64url') }
  await addRoutes(http, parts, { hook, hooksFolder, config })
  const closeSockets = openSockets(http.server, socketRoutes(parts), onError)
  opened.defer(() => drain({ closeSockets, withinMs: config.drainMs }))

  const loops = startLoops(parts, { signal, lostAfterS: config.agentLostAfterS, log })
  opened.defer(() => Promise.all(loops.map((loop) => loop.ended)).then(() => {}))
  await listen(http, { host: config.host, port })
  if (config.hasLocalForge) await acceptAllRefs(parts)
  await writeConnectionFile(db, { stateFolder: config.stateFolder, url, administrator })

  const open = opened.move()
  const stop = () => {
    stopping.abort()
    return open.disposeAsync()
  }
  return { url: publicUrl, stop }
}

async function ownDatabase(opened: AsyncDisposableStack, config: Config, log: Log): Promise<string> {
  // Ended by `stop`, after everything that uses it, and not by the signal.
  const postgres = await startManagedPostgres({
    folder: join(config.stateFolder, 'postgres'),
    signal: new AbortController().signal,
    searchPath: config.searchPath,
    log,
  })
  opened.defer(() => postgres.stop())
  return postgres.url
}

function openForge({ searchPath, stateFolder, ...config }: Config, signal: AbortSignal): Forge {
  const git = openGit(searchPath)
  const limits = { privateAllowed: config.privateForges, fileBytesMax: config.mirrorBytesMax }
  const remoteGit = openRemoteGit(git, limits, signal)
  return {
    git,
    remoteGit,
    repositories: openRepositories(join(stateFolder, 'git'), git),
    isOpen: config.hasLocalForge,
    mirrors: openMirrors({ folder: join(stateFolder, 'mirrors'), git, remoteGit, bytesMax: config.mirrorBytesMax }),
  }
}

/** So many repositories elsewhere are looked at at the same time. */
const looksAtOnce = 3

/** A slot waits so long at the most for tasks to be given out several together. */
const dispatchRestMs = 15

/** Everything that turns by itself. */
function startLoops(
  parts: Parts,
  { signal, lostAfterS, log }: { signal: AbortSignal; lostAfterS: number; log: Log },
): Loop[] {
  const { db, nudges, onError } = parts
  const loop = (everyMs: number, turn: () => Promise<void>, restMs = 0) =>
    startLoop({ everyMs, signal, onError, turn, restMs })
  const beats = openHeartbeats()
  const mended = countLately(3600_000)
  const noteMended = (n: number) => {
    mended.add(n)
    parts.metrics.derivationsMended(n)
    if (n > 0) log.warn({ mended: n }, 'derivations waited with nothing left to wait for; this is a defect of Firn')
  }
  const dispatchTurn = async () => {
    await assignTasks(parts)
    beats.turned('dispatch')
  }
  const dispatch = loop(2000, dispatchTurn, dispatchRestMs)
  nudges.on(dispatchTopic, dispatch.nudge)
  const looks = Array.from({ length: looksAtOnce }, () => loop(1000, () => lookAtRemotes(parts)))
  for (const look of looks) nudges.on(remotesTopic, look.nudge)
  return [
    dispatch,
    ...looks,
    loop(2000, () => beats.save(db)),
    loop(5000, () => loseSilentSessions(parts, lostAfterS)),
    loop(30_000, () => endOrphanedLogs(parts)),
    loop(60_000, async () => noteMended(await mendWaiting(db))),
    loop(5000, async () => {
      if (await lookAround(parts, { everyMs: 4000, lostAfterS, mended: mended.lately() })) beats.turned('watchdog')
    }),
    loop(3600_000, () => forgetOldAnnouncements(db, 24)),
    loop(3600_000, () => applyRetention(parts, signal)),
    loop(24 * 3600_000, () => sweepLeftBlobs(parts, signal)),
    startRelay({ db, nudges, signal, onError, name: 'jobs', listeners: listeners(parts), restMs: 50 }),
    startRelay({ db, nudges, signal, onError, name: 'order', listeners: rankJobs(db), restMs: 250 }),
  ]
}

/** Who hears which news: the only place where calls go to the left. */
function listeners(parts: Parts): Parameters<typeof startRelay>[0]['listeners'] {
  const update = (news: { jobId: string }) => updateJob(parts, news.jobId)
  const { 'job.created': tellMade = [], ...told } = journal(parts)
  return {
    ...told,
    'job.created': [...tellMade, (news) => supersedeEvaluations(parts, news.jobId)],
    'attributes.added': [update],
    'evaluation.ended': [
      (news) => createHandlerJobs(parts, news.jobId),
      update,
      (news) => supersedeOlder(parts, news.jobId),
    ],
    'builds.changed': [
      async (news) => {
        for (const jobId of news.jobIds) await updateJob(parts, jobId)
      },
    ],
  }
}

async function sweepLeftBlobs(parts: Parts, signal: AbortSignal): Promise<void> {
  const swept = await sweepBlobs(parts, { now: Date.now(), signal })
  if (swept > 0) parts.log.info({ swept }, 'blobs that no log names were removed')
}

async function listen(http: FastifyInstance, at: { host: string; port: number }): Promise<void> {
  try {
    await http.listen(at)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EADDRINUSE')
      throw new Error(
        `Port ${at.port} on ${at.host} is taken by another program. Choose another port, or 0 for a free one.`,
      )
    throw error
  }
}

/** Requests themselves are not logged: their URLs may hold tokens of tasks. */
function requestLog(log: Log): FastifyBaseLogger {
  return log.child({}, { level: log.level === 'silent' ? 'silent' : 'warn' })
}

/** How this machine reaches the server, and how others do. A wildcard address listens everywhere and leads nowhere. */
function addresses(host: string, port: number): { own: string; others: string } {
  const at = (name: string) => `http://${name.includes(':') ? `[${name}]` : name}:${port}`
  if (host === '0.0.0.0' || host === '::') return { own: at('127.0.0.1'), others: at(hostname()) }
  return { own: at(host), others: at(host) }
}

/** A port that is free now. */
function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, host, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
