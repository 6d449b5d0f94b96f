import type { Backoff } from '@firn/base/backoff'
import type { LoadTimings } from './load/watch.ts'

/** When sockets give up and come back (hercules-ci.md 4.4.3, 4.4.5, 4.9.6), in milliseconds. */
export type SocketTimings = {
  /** from connecting to the end of the handshake */
  handshakeMs: number
  /** nothing received for so long: the line is dead */
  silenceMs: number
  /** a message sent so long ago is not acknowledged: the line is dead */
  ackMs: number
  keepAliveMs: number
  /** between connections; counts from the last one that got through the handshake */
  reconnect: Backoff
}

/** Everything in the agent that waits for a time; tests shorten what they test. */
export type AgentTimings = {
  socket: SocketTimings
  /** requests and downloads that are given up in the end, after about four minutes (hercules-ci.md 4.12.2) */
  requests: Backoff
  /** results: what a task came to must not be lost because the server is away for an hour */
  reports: Backoff
  /** between attempts to get a session */
  join: Backoff
  requestMs: number
  goodbyeMs: number
  /** to a server that understands it, a build is told in one message when it is over before so long after its begin, and after its first line */
  brief: { begunMs: number; lineMs: number }
  /** how long what builds came to is gathered, while there is more to build */
  gatherMs: number
  /** a build that has waited here for a slot for so long is given back */
  patienceMs: number
  /** how long a finished task waits for its log to be taken (hercules-ci.md 4.9.8) */
  logDeliveryMs: number
  /** between questions whether a derivation that an evaluation waits for is built (hercules-ci.md 1.13.2) */
  evalBuildPollMs: number
  load: LoadTimings
}

const e = Math.E

/**
 * The figures of the published agent, but for the first waits: there a reconnect comes after 10 s always; here it comes
 * at once and slows down to 10 s, so that a server that restarts is not left without agents.
 */
export const agentTimings: AgentTimings = {
  socket: {
    handshakeMs: 30_000,
    silenceMs: 60_000,
    ackMs: 60_000,
    keepAliveMs: 30_000,
    reconnect: { firstMs: 250, factor: 2, capMs: 10_000, tries: Infinity },
  },
  requests: { firstMs: 250, factor: e, capMs: 60_000, tries: 10 },
  reports: { firstMs: 250, factor: 2, capMs: 10_000, tries: Infinity },
  join: { firstMs: 1_000, factor: 2, capMs: 60_000, tries: Infinity },
  requestMs: 60_000,
  goodbyeMs: 5_000,
  brief: { begunMs: 250, lineMs: 100 },
  gatherMs: 150,
  patienceMs: 2_000,
  logDeliveryMs: 10 * 60_000,
  evalBuildPollMs: 1_000,
  load: { measureMs: 2_000, reportMs: 10_000 },
}
