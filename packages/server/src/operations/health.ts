import { Refusal } from '@firn/base/refusal'
import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import { loopAlerts } from './loop-alerts.ts'
import { within } from './within.ts'

const answerWithinMs = 3000

export type Healthy = { ok: true; because: string }

/**
 * hercules-ci.md 5.2, `health/db`: asks the database for something that only a working one can tell.
 * @throws Refusal 503 with what is wrong
 */
export async function checkDatabase(db: Db): Promise<Healthy> {
  const asked = sql<{ readonly: boolean }>`
    select current_setting('transaction_read_only')::boolean as readonly from instance`.execute(db)
  const { rows } = await orSick(asked)
  if (rows[0] === undefined) throw sick('The database has no installation in it.')
  if (rows[0].readonly) throw sick('The database takes no changes: it is a standby, or was made read-only.')
  return { ok: true, because: 'The database answers and takes changes.' }
}

/**
 * hercules-ci.md 5.2, `health/queue`: whether work is given out and news is delivered, by whichever replica.
 * @throws Refusal 503 with what is wrong
 */
export async function checkQueue(db: Db): Promise<Healthy> {
  const [first] = await orSick(loopAlerts(db))
  if (first !== undefined) throw sick(`${first.cause} ${first.action}`)
  return { ok: true, because: 'Dispatch turns and news is delivered.' }
}

/** hercules-ci.md 5.2, `health/github`: a published name. No forge of this version is GitHub's, so none can be sick. */
export function checkGitHub(): Healthy {
  return { ok: true, because: 'This installation has no GitHub forge: there is nothing to check.' }
}

async function orSick<T>(asked: Promise<T>): Promise<T> {
  try {
    return await within(answerWithinMs, asked, 'no answer')
  } catch {
    throw sick(
      `The database did not answer within ${answerWithinMs / 1000} s. See whether PostgreSQL runs and has free connections; what agents report is kept by them meanwhile.`,
    )
  }
}

const sick = (sentence: string) => new Refusal('SERVICE_UNAVAILABLE', sentence)
