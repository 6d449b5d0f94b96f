/**
 * What builds that were over soon came to, told together while there is more to build: nobody here waits for the server's answer
 * then, and what comes in one message is kept in one transaction.
 */
import type { BriefBuild } from '@firn/contract/agent/brief'
import type { AgentPayload } from '@firn/contract/agent/socket'

export type Deliver = (payload: AgentPayload) => Promise<void>
/** Resolves when the server has it. */
export type TellBrief = (brief: BriefBuild, deliver: Deliver) => Promise<void>

const togetherMax = 50

export function gatherBriefs({ gatherMs, isBusy }: { gatherMs: number; isBusy: () => boolean }): TellBrief {
  let gathered: BriefBuild[] = []
  let told = Promise.withResolvers<void>()
  let timer: NodeJS.Timeout | undefined
  const flush = (deliver: Deliver) => {
    clearTimeout(timer)
    timer = undefined
    deliver({ tag: 'FirnBuilt', contents: gathered }).then(told.resolve, told.reject)
    gathered = []
    told = Promise.withResolvers<void>()
  }
  return (brief, deliver) => {
    gathered.push(brief)
    const { promise } = told
    if (!isBusy() || gathered.length >= togetherMax) flush(deliver)
    else timer ??= setTimeout(() => flush(deliver), gatherMs)
    return promise
  }
}
