import { Refusal } from '@firn/base/refusal'
import { derivationName } from '@firn/core/status/derivation-sentence'
import { personOf, reader, writer } from '../catalog/caller.ts'
import { found } from '../catalog/routes.ts'
import type { EndNeeds } from '../dispatch/end-task.ts'
import type { LogNeeds } from '../logs/append.ts'
import { readWindow } from '../logs/read.ts'
import { cancelBuild } from './cancel-builds.ts'
import { listAttributes } from './read-attributes.ts'
import { findDerivation, isLogOf, newestLog, readDerivation } from './read-derivation.ts'
import { retryDerivation } from './retry.ts'
import { searchLogs } from './search-logs.ts'

export function buildRoutes(needs: LogNeeds & EndNeeds & { agentLostAfterS: number }) {
  const { db, agentLostAfterS: lostAfterS } = needs
  const find = async (input: { id: string; drv: string }) =>
    found(await findDerivation(db, input.id, input.drv), 'derivation')
  return {
    attributes: reader.firn.attributes.handler(({ input }) => listAttributes(db, input.id, input)),
    searchLogs: reader.firn.searchLogs.handler(({ input }) =>
      searchLogs(needs, input.id, { search: input.q, after: input.after }),
    ),
    derivations: {
      get: reader.derivations.get.handler(async ({ input, context }) =>
        readDerivation(db, await find(input), {
          viaJob: input['via-job'] ?? null,
          mayWrite: context.caller.kind === 'person',
          lostAfterS,
        }),
      ),
      logLines: reader.derivations.logLines.handler(async ({ input }) => {
        const row = await find(input)
        const id = input.logId ?? (await newestLog(db, row.id))
        if (input.logId !== undefined && !(await isLogOf(db, row.id, input.logId)))
          throw new Refusal('NOT_FOUND', `${derivationName(row.path)} has no log with this id.`)
        if (id === undefined)
          throw new Refusal('NOT_FOUND', `No build of ${derivationName(row.path)} has begun yet, so there is no log.`)
        const { lines, done } = found(await readWindow(needs, id, { from: input.iMin, count: 5000 }), 'log')
        return { id, lines, done }
      }),
      retry: writer.derivations.retry.handler(async ({ input }) => {
        const row = await find(input)
        if (!(await retryDerivation(needs, row)))
          throw new Refusal(
            'CONFLICT',
            `${derivationName(row.path)} has neither failed nor been cancelled, so there is nothing to retry.`,
          )
        return {}
      }),
      cancel: writer.derivations.cancel.handler(async ({ input, context }) => {
        const row = await find(input)
        if (!(await cancelBuild(needs, row, personOf(context.caller).name)))
          throw new Refusal(
            'CONFLICT',
            `${derivationName(row.path)} neither waits nor builds, so there is nothing to cancel.`,
          )
        return {}
      }),
    },
  }
}
