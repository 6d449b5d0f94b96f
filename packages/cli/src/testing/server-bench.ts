/** A real server with puppet agents, and `firn` asking it. */
import { randomUUID } from 'node:crypto'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import type { TaskStatus } from '@firn/contract/agent/task'
import { type Desk, openDesk } from '@firn/testkit/desk'
import { handler, jobConfig } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { type Ended, type RunningFirn, startFirn, startFirnInto, startFirnOnTerminal } from './start-firn.ts'

export type ServerBench = AsyncDisposable & {
  firn: Installation
  desk: Desk
  start(...args: string[]): RunningFirn
  /** Runs it to its end. */
  run(...args: string[]): Promise<Ended>
  onTerminal(args: string[], env?: Record<string, string>): Promise<Ended>
  into(reader: string, ...args: string[]): RunningFirn
  /** Pushes, declares one job for the push and evaluates that as these events; answers the project's name. */
  pushed(events: EvaluateEvent[], status?: TaskStatus): Promise<string>
}

export async function openServerBench(): Promise<ServerBench> {
  const firn = await startInstallation()
  const desk = await openDesk(firn)
  const env = { PATH: process.env.PATH, HOME: firn.stateFolder, FIRN_URL: firn.url, FIRN_TOKEN: firn.token }
  return {
    firn,
    desk,
    start: (...args) => startFirn(args, env),
    run: (...args) => startFirn(args, env).ended,
    onTerminal: (args, more = {}) => startFirnOnTerminal(args, { ...env, ...more }).ended,
    into: (reader, ...args) => startFirnInto(reader, args, env),
    async pushed(events, status) {
      const { project } = await desk.push({ project: `p${randomUUID().slice(0, 8)}` })
      await desk.evaluate([jobConfig, handler('default')])
      await desk.evaluate(events, status)
      return project
    },
    async [Symbol.asyncDispose]() {
      desk[Symbol.dispose]()
      await firn[Symbol.asyncDispose]()
    },
  }
}

/** A JSON document that is a list of the API's objects. */
export function listOf<T>(schema: { parse: (value: unknown) => T }, text: string): T[] {
  const document: unknown = JSON.parse(text)
  if (!Array.isArray(document)) throw new Error(`not a list: ${text}`)
  return document.map((one) => schema.parse(one))
}
