import { findAccount } from '../catalog/accounts.ts'
import { anyone, personOf, reader, writer } from '../catalog/caller.ts'
import { found } from '../catalog/routes.ts'
import type { Db } from '../db/connect.ts'
import { keepFresh } from './fresh.ts'
import { checkDatabase, checkGitHub, checkQueue } from './health.ts'
import { readLogVolume, readOperations } from './read-operations.ts'
import { previewRetention } from './retention/preview.ts'
import { changeRetention, readRetention } from './retention/settings.ts'

export function operationsRoutes({ db }: { db: Db }) {
  const operations = keepFresh(2000, () => readOperations(db))
  const logVolume = keepFresh(60_000, () => readLogVolume(db))
  const account = async (id: string) => found(await findAccount(db, id), 'account').id
  return {
    health: {
      database: anyone.health.database.handler(() => checkDatabase(db)),
      queue: anyone.health.queue.handler(() => checkQueue(db)),
      github: anyone.health.github.handler(checkGitHub),
    },
    operations: reader.firn.operations.handler(async () => ({ ...(await operations()), logs: await logVolume() })),
    retention: reader.firn.retention.handler(async ({ input }) => readRetention(db, await account(input.id))),
    previewRetention: reader.firn.previewRetention.handler(async ({ input: { id, ...retention } }) =>
      previewRetention(db, await account(id), retention),
    ),
    changeRetention: writer.firn.changeRetention.handler(async ({ input: { id, ...retention }, context }) => {
      await changeRetention(db, await account(id), { by: personOf(context.caller).name, retention })
      return retention
    }),
  }
}
