import { z } from 'zod'

/** `connection.json` in a state folder (mode 0600): where the server is, and a personal token of its administrator. */
export const Connection = z.object({ url: z.url(), token: z.string().min(1) })
export type Connection = z.infer<typeof Connection>
