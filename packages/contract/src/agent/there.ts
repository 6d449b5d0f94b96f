import { z } from 'zod'
import { DrvPath } from '../ids.ts'

/**
 * Firn's own: `POST firn/tasks/{id}/there`, for a server that says it understands (`ServiceInfo.firn`). An evaluation asks
 * which of the derivations need no build, as far as the server remembers; the answer holds those.
 */
export const Derivations = z.array(DrvPath)
