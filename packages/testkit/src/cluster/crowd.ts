/**
 * Simulated agents: they join, speak the protocol over sockets and requests of their own, and build nothing. A build takes
 * as long as it is told to. Run by `crowd-process.ts`, beside the server and not in it.
 */
import type { AgentInfo } from '@firn/contract/agent/session'
import { puppetInfo } from '../puppet-agent.ts'
import { buildPlatform } from './graph.ts'
import { post } from './requests.ts'
import { type Form, SimulatedAgent } from './simulated-agent.ts'

export type CrowdPlan = {
  url: string
  joinToken: string
  agents: number
  slots: number
  form: Form
  /** how long a build takes: between these, by chance */
  buildMs: { min: number; max: number }
}

/** What the crowd did since it was last asked. */
export type CrowdReport = {
  completed: number
  /** how long each freed slot waited for its next build, in ms */
  waitsMs: number[]
}

const joiningAtOnce = 10

export class Crowd {
  #report: CrowdReport = { completed: 0, waitsMs: [] }
  readonly #failed: (error: unknown) => void

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed
  }

  /** Resolves when all are online. */
  async join(plan: CrowdPlan): Promise<void> {
    const left = Array.from({ length: plan.agents }, (_, n) => `sim-${n}`).values()
    const joinRest = async () => {
      for (const hostname of left) await this.#joinOne(plan, hostname)
    }
    await Promise.all(Array.from({ length: joiningAtOnce }, joinRest))
  }

  takeReport(): CrowdReport {
    const report = this.#report
    this.#report = { completed: 0, waitsMs: [] }
    return report
  }

  async #joinOne({ url, joinToken, slots, form, buildMs }: CrowdPlan, hostname: string): Promise<void> {
    const info: AgentInfo = { ...puppetInfo, hostname, platforms: [buildPlatform], concurrentTasks: slots }
    const session: string = JSON.parse(await post(`${url}/api/v1/agent/session`, joinToken, { agentInfo: info }))
    const agent = new SimulatedAgent({
      url,
      session,
      info,
      form,
      buildMs: () => buildMs.min + Math.random() * (buildMs.max - buildMs.min),
      completed: () => this.#report.completed++,
      waited: (ms) => this.#report.waitsMs.push(ms),
      failed: this.#failed,
    })
    await agent.online
  }
}
