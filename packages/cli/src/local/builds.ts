/**
 * Builds on this machine: what is wanted is planned, what is ready is built through kept connections, each derivation
 * once, some at the same time; broken work is done again as on the server (`core/build/retry`).
 */

import { runBuild } from '@firn/agent/task/build'
import { whyNot } from '@firn/agent/task/evaluate/build-imports-here'
import type { ImportOutcome } from '@firn/agent/task/evaluate/imports'
import { pause } from '@firn/base/loop'
import type { BuildEvent } from '@firn/contract/agent/build-event'
import type { TaskStatus } from '@firn/contract/agent/task'
import { decideRetry } from '@firn/core/build/retry'
import type { StoreConnection } from '@firn/nix/daemon/client'
import type { StorePool } from '@firn/nix/daemon/pool'
import type { BuildGraph } from './build-graph.ts'
import { LogTail } from './log-tail.ts'
import { planBuilds } from './plan-builds.ts'

export type BuildsNeeds = {
  graph: BuildGraph
  pool: StorePool
  /** keeps everything planned and built from garbage collection, as long as it is open */
  keeper: StoreConnection
  slots: number
  signal: AbortSignal
  /** told when a build has ended; not of what was there before */
  onEnded: (drvPath: string) => void
}

const failureOf = (status: TaskStatus) => (status.tag === 'Terminated' ? status.firn?.failure : undefined)

export class Builds {
  readonly #needs: BuildsNeeds
  readonly #tails = new Map<string, LogTail>()
  readonly #waiters = new Map<string, PromiseWithResolvers<ImportOutcome>>()
  #wanted = new Set<string>()
  #queue: string[] = []
  readonly #tries = new Map<string, number>()
  /** what evaluations wait for, with what it needs: it goes first */
  #urgent = new Set<string>()
  #building = 0
  /** plans, builds and pauses under way */
  #open = 0
  #planning = false
  #change = Promise.withResolvers<void>()
  #bug: { error: unknown } | undefined

  constructor(needs: BuildsNeeds) {
    this.#needs = needs
  }

  /** Asks for a derivation that the graph knows, with its inputs. May be asked again and again. */
  want(drvPath: string): void {
    if (this.#needs.graph.state(drvPath) !== undefined) return
    this.#wanted.add(drvPath)
    if (!this.#planning) this.#run(() => this.#plan())
  }

  /** The same, for an evaluation that waits for its outputs (hercules-ci.md 1.13). */
  async awaitImport(drvPath: string): Promise<ImportOutcome> {
    const known = this.#outcome(drvPath)
    if (known !== undefined) return known
    const waiter = this.#waiters.get(drvPath) ?? Promise.withResolvers<ImportOutcome>()
    this.#waiters.set(drvPath, waiter)
    this.want(drvPath)
    this.#hurry()
    return await waiter.promise
  }

  tail(drvPath: string): LogTail | undefined {
    return this.#tails.get(drvPath)
  }

  /** Resolves when nothing is left to do, for now; or when the signal is aborted and what ran has ended. */
  async settled(): Promise<void> {
    while (this.#open > 0 && this.#bug === undefined) await this.#change.promise
    if (this.#bug !== undefined) throw this.#bug.error
  }

  #run(work: () => Promise<void>): void {
    this.#open++
    work()
      .catch((error: unknown) => {
        this.#bug ??= { error }
        for (const waiter of this.#waiters.values()) waiter.reject(error)
      })
      .finally(() => {
        this.#open--
        this.#change.resolve()
        this.#change = Promise.withResolvers()
      })
  }

  /** One plan after the other, each for all that was asked for meanwhile. */
  async #plan(): Promise<void> {
    const { graph, keeper, signal } = this.#needs
    this.#planning = true
    while (this.#wanted.size > 0 && !signal.aborted) {
      const wanted = [...this.#wanted]
      this.#wanted = new Set()
      const needs = await planBuilds(keeper, graph, wanted).catch((error: unknown) => {
        if (signal.aborted) return undefined
        throw error
      })
      if (needs === undefined) break
      this.#queue.push(...graph.plan(needs))
      this.#hurry()
      this.#advance()
    }
    this.#planning = false
    this.#advance()
  }

  #hurry(): void {
    if (this.#waiters.size > 0) this.#urgent = this.#needs.graph.closure(this.#waiters.keys())
  }

  /** After every change: who waits is told, free slots are filled. */
  #advance(): void {
    for (const [drvPath, waiter] of this.#waiters) {
      const outcome = this.#outcome(drvPath)
      if (outcome === undefined) continue
      this.#waiters.delete(drvPath)
      waiter.resolve(outcome)
    }
    while (this.#building < this.#needs.slots && this.#queue.length > 0 && !this.#needs.signal.aborted) {
      const urgent = this.#urgent.size === 0 ? -1 : this.#queue.findIndex((drvPath) => this.#urgent.has(drvPath))
      for (const next of this.#queue.splice(Math.max(0, urgent), 1)) this.#run(() => this.#build(next))
    }
  }

  #outcome(drvPath: string): ImportOutcome | undefined {
    const { graph, signal } = this.#needs
    const state = graph.state(drvPath)
    if (state?.is === 'built') return { built: true }
    if (state?.is === 'failed' || state?.is === 'blocked')
      return { built: false, text: whyNot(drvPath, state.is === 'blocked') }
    if (state?.is === 'stuck') return { built: false, text: `${whyNot(drvPath, false)} ${state.because}` }
    return signal.aborted ? { built: false, text: 'the run was stopped' } : undefined
  }

  async #build(drvPath: string): Promise<void> {
    const { graph, signal, onEnded } = this.#needs
    const since = Date.now()
    graph.started(drvPath, since)
    this.#building++
    const status = await this.#attempt(drvPath)
    this.#building--
    if (signal.aborted) return this.#advance()
    const tookMs = Date.now() - since
    const tries = this.#tries.get(drvPath) ?? 0
    const retry = status.tag === 'Exceptional' ? decideRetry('broken', tries, status.contents) : undefined
    if (retry?.again) {
      graph.again(drvPath)
      this.#tries.set(drvPath, tries + 1)
      this.#run(() => this.#queueAfter(retry.afterMs, drvPath))
    } else {
      if (status.tag === 'Successful') this.#queue.push(...graph.succeeded(drvPath, tookMs))
      else graph.failed(drvPath, { tookMs, technicalError: retry?.because ?? null, failure: failureOf(status) })
      onEnded(drvPath)
    }
    this.#advance()
  }

  async #queueAfter(ms: number, drvPath: string): Promise<void> {
    await pause(ms, this.#needs.signal)
    this.#queue.push(drvPath)
    this.#advance()
  }

  async #attempt(drvPath: string): Promise<TaskStatus> {
    const { pool, keeper, signal } = this.#needs
    const tail = new LogTail()
    this.#tails.set(drvPath, tail)
    const emit = async (events: BuildEvent[]) => {
      for (const event of events) if (event.tag === 'OutputInfo') await keeper.addTempRoot(event.contents.path)
      return { ok: true as const }
    }
    const ports = { pool, log: async (entry: Parameters<LogTail['write']>[0]) => tail.write(entry), emit, signal }
    return await runBuild(ports, { derivationPath: drvPath, inputDerivationOutputPaths: this.#inputPaths(drvPath) })
  }

  /** What can be fetched needs no inputs. */
  #inputPaths(drvPath: string): string[] {
    const { graph } = this.#needs
    if (graph.need(drvPath) !== 'build') return []
    return Object.entries(graph.info(drvPath)?.inputDerivations ?? {}).flatMap(([input, names]) =>
      names.flatMap((name) => graph.info(input)?.outputs[name]?.path ?? []),
    )
  }
}
