import { Refusal } from '@firn/base/refusal'
import { reader } from '../catalog/caller.ts'
import type { LogNeeds } from './append.ts'
import { followLog, readWindow } from './read.ts'

export function logRoutes(needs: LogNeeds & { closing: AbortSignal }) {
  const window = async (id: string, at: { from: number; count: number }) => {
    const lines = await readWindow(needs, id, at)
    if (lines === undefined) throw new Refusal('NOT_FOUND', 'There is no such log, or it has been removed.')
    return lines
  }
  return {
    window: reader.firn.logWindow.handler(({ input }) => window(input.id, input)),
    follow: reader.firn.followLog.handler(async function* ({ input, signal }) {
      await window(input.id, { from: 0, count: 1 })
      const ending = signal === undefined ? needs.closing : AbortSignal.any([signal, needs.closing])
      yield* followLog(needs, input.id, { from: input.from, signal: ending })
    }),
  }
}
