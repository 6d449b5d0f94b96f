/** Simulated agents in a process of their own. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { CrowdPlan, CrowdReport } from './crowd.ts'
import type { ToCrowd } from './crowd-process.ts'

type FromCrowd = { joined?: true; report?: CrowdReport; failed?: string }

export type RunningCrowd = AsyncDisposable & {
  /** What it did since the last time. @throws what went wrong in it since */
  report(): Promise<CrowdReport>
}

export async function startCrowd(plan: CrowdPlan): Promise<RunningCrowd> {
  const child = fork(join(import.meta.dirname, 'crowd-process.ts'))
  const failures: string[] = []
  child.on('message', (message: FromCrowd) => {
    if (message.failed !== undefined) failures.push(message.failed)
  })
  const ask = async (message: ToCrowd): Promise<FromCrowd> => {
    child.send(message)
    for (;;) {
      const [answer]: [FromCrowd] = (await once(child, 'message')) as [FromCrowd]
      if (failures.length > 0) throw new Error(`the simulated agents failed: ${failures.slice(0, 3).join('; ')}`)
      if (answer.joined !== undefined || answer.report !== undefined) return answer
    }
  }
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  try {
    await ask({ say: 'join', plan })
  } catch (error) {
    await stop()
    throw error
  }
  return {
    async report() {
      return (await ask({ say: 'report' })).report ?? { completed: 0, waitsMs: [] }
    },
    [Symbol.asyncDispose]: stop,
  }
}
