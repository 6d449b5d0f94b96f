import { z } from 'zod'
import { Count } from './wire.ts'

/**
 * The frames of both sockets, one JSON text a WebSocket message (hercules-ci.md 4.4.2).
 * `Msg` is numbered from 0 in each direction, acknowledged cumulatively and sent again after a reconnect;
 * `Oob` is neither. Before anything has come, −1 is acknowledged (4.4.3).
 */
export const frame = <Msg extends z.ZodType, Oob extends z.ZodType>(message: Msg, outOfBand: Oob) =>
  z.discriminatedUnion('tag', [
    z.object({ tag: z.literal('Msg'), n: Count, p: message }),
    z.object({ tag: z.literal('Oob'), o: outOfBand }),
    z.object({ tag: z.literal('Ack'), n: z.int().min(-1) }),
    z.object({ tag: z.literal('Exception'), message: z.string() }),
  ])

export type Frame<Msg, Oob> =
  | { tag: 'Msg'; n: number; p: Msg }
  | { tag: 'Oob'; o: Oob }
  | { tag: 'Ack'; n: number }
  | { tag: 'Exception'; message: string }
