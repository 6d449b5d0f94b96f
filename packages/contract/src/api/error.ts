import { z } from 'zod'

/** The body of every refusal (hercules-ci.md 5.1.1). */
export const ErrorBody = z.object({ errorTags: z.array(z.string()), message: z.string() })
export type ErrorBody = z.infer<typeof ErrorBody>
