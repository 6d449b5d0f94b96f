import type { Log } from '@firn/base/log'
import type { LogBound } from '@firn/core/log/bound'
import type { SignIn } from './catalog/sign-in.ts'
import type { Db } from './db/connect.ts'
import type { Nudges } from './db/nudges.ts'
import type { Callers } from './dispatch/callers.ts'
import type { Mail } from './dispatch/mail.ts'
import type { RememberLoad } from './dispatch/remember-load.ts'
import type { TakeReports } from './dispatch/take-reports.ts'
import type { TaskSteps } from './dispatch/task.ts'
import type { Forge } from './forge/open-repository.ts'
import type { LogWriter } from './logs/append.ts'
import type { BlobStore } from './logs/blob-store.ts'
import type { Metrics } from './operations/metrics.ts'

/** Everything that `app.ts` opens, for the rooms to take their few from. */
export type Parts = {
  db: Db
  nudges: Nudges
  blobs: BlobStore
  /** The most that is kept of one log. */
  logBound: LogBound
  logWriter: LogWriter
  forge: Forge
  /** The installation's key: makes and checks the tokens of tasks. */
  key: Buffer
  signIn: SignIn
  steps: TaskSteps
  metrics: Metrics
  log: Log
  callers: Callers
  takeReports: TakeReports
  mail: Mail
  rememberLoad: RememberLoad
  /** Without a slash at the end. */
  publicUrl: string
  version: string
  /** An agent that is not heard of for so long is given up. */
  agentLostAfterS: number
  /** Whether repositories in private networks may be added. */
  privateForges: boolean
  /** Whether the server listens on loopback only. */
  isLocal: boolean
  /** Aborted when the server ends: streams that would go on for ever end by it. */
  closing: AbortSignal
  onError: (error: unknown) => void
}
