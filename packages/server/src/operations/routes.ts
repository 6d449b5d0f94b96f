import { anyone } from '../catalog/caller.ts'
import type { Db } from '../db/connect.ts'
import { checkDatabase, checkGitHub, checkQueue } from './health.ts'

export function operationsRoutes({ db }: { db: Db }) {
  return {
    health: {
      database: anyone.health.database.handler(() => checkDatabase(db)),
      queue: anyone.health.queue.handler(() => checkQueue(db)),
      github: anyone.health.github.handler(checkGitHub),
    },
  }
}
