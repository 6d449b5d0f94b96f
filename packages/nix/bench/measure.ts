/** Cpu and memory of processes, from /proc. */
import { readFileSync } from 'node:fs'
import { childrenOf } from '../src/evaluator/process-tree.ts'

const ticksPerSecond = 100

/** Cpu seconds of all descendants of this process as they are sampled; what ended between two samples counts to its last. */
export class CpuSampler {
  readonly #seen = new Map<string, { name: string; seconds: number; peakMb: number }>()
  readonly #timer = setInterval(() => this.sample(), 250)

  sample(): void {
    const pids = [process.pid]
    for (let pid = pids.pop(); pid !== undefined; pid = pids.pop()) {
      for (const child of childrenOf(pid)) {
        pids.push(child)
        this.#note(child)
      }
    }
  }

  stop(): { evaluator: number; daemon: number; peakMb: number } {
    this.sample()
    clearInterval(this.#timer)
    const all = [...this.#seen.values()]
    const sum = (list: typeof all) => list.reduce((total, { seconds }) => total + seconds, 0)
    const daemons = all.filter(({ name }) => name.includes('daemon'))
    const others = all.filter(({ name }) => !name.includes('daemon'))
    return { evaluator: sum(others), daemon: sum(daemons), peakMb: Math.max(0, ...others.map(({ peakMb }) => peakMb)) }
  }

  #note(pid: number): void {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const seconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
      const name = readFileSync(`/proc/${pid}/cmdline`, 'latin1')
      const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
      this.#seen.set(`${pid} ${fields[19]}`, { name, seconds, peakMb: Number(peak ?? 0) / 1024 })
    } catch {
      // ended meanwhile
    }
  }
}
