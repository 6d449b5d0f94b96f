import { contract } from '@firn/contract/api/contract'
import type { Removal } from '@firn/contract/api/operations'
import { implement } from '@orpc/server'
import { ago } from '../make.ts'
import { operations } from '../stories/operations.ts'
import type { World } from '../world.ts'

const os = implement(contract)

/** The operators' page; what would be removed is made of the days that are asked. */
export function operationsRoutes(world: World) {
  return {
    operations: os.firn.operations.handler(operations),
    retention: os.firn.retention.handler(() => world.retention),
    previewRetention: os.firn.previewRetention.handler(({ input }) => {
      const removals: Removal[] = []
      const add = (what: Removal['what'], days: number | null, bytes: number | null) => {
        if (days !== null && days < 365) removals.push({ what, count: 366 - days, oldest: ago(365 * 86_400), bytes })
      }
      add('jobs', input.jobDays, null)
      add('failures', input.failureDays, null)
      add('logs', input.logDays, 81_000_000)
      return removals
    }),
    changeRetention: os.firn.changeRetention.handler(({ input: { id: _, ...retention } }) => {
      world.retention = retention
      return retention
    }),
  }
}
