/** The process of a crowd: told what to do by messages of the process that started it, and answers with what it did. */
import { Crowd, type CrowdPlan } from './crowd.ts'

export type ToCrowd = { say: 'join'; plan: CrowdPlan } | { say: 'report' }

const say = (message: object) => process.send?.(message)
const crowd = new Crowd((error) => say({ failed: String(error) }))

process.on('message', (message: ToCrowd) => {
  if (message.say === 'report') say({ report: crowd.takeReport() })
  else
    crowd.join(message.plan).then(
      () => say({ joined: true }),
      (error: unknown) => say({ failed: String(error) }),
    )
})
