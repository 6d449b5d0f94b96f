/**
 * A program of Nix that is driven through its input and heard through its standard error; what it prints is not looked at.
 * A busy one survives SIGTERM, SIGINT and the death of its parent, so it is started to die with us and ended by SIGKILL.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { NixInstallation } from '../nix-installation.ts'
import { LineSplitter } from './lines.ts'
import { findProgram, residentBytes } from './process-tree.ts'

export type EvaluatorCommand = {
  nix: NixInstallation
  /** a program of Nix with its arguments */
  argv: readonly [tool: string, ...string[]]
  env: Record<string, string>
  /** descriptors of ours that it gets as 3, 4 … */
  files: readonly number[]
  /** what to run it in: the sandbox's command line */
  wrapper: string[]
  /** address space, bytes: a net for what grows faster than memory is looked at */
  maxAddressSpace: number
  /** of each process in it: a net for what outlives the evaluation's time */
  maxCpuSeconds: number
  maxLineBytes: number
}

export type EvaluatorListener = {
  onLine: (line: string) => void
  onTooLong: () => void
  /** the process and all that held its standard error are gone */
  onGone: (how: { code: number | null; signal: NodeJS.Signals | null }) => void
}

/** Where the machine runs out of memory, the kernel ends an evaluator before the agent, a database or a builder. */
const firstToGo = '500'

export class EvaluatorProcess {
  readonly #child: ChildProcess
  readonly #gone: Promise<void>
  #program: number | undefined

  constructor(command: EvaluatorCommand, listener: EvaluatorListener) {
    const { nix, env, files, wrapper, maxAddressSpace, maxCpuSeconds } = command
    const [tool, ...args] = command.argv
    const limits = [`--as=${maxAddressSpace}`, `--cpu=${maxCpuSeconds}`, '--core=0']
    const limit = ['choom', '-n', firstToGo, '--', 'prlimit', ...limits, '--']
    const program = [join(nix.binDir, tool), ...args, '--log-format', 'internal-json']
    const argv = ['--pdeathsig', 'KILL', '--', ...limit, ...wrapper, ...program]
    const stdio = ['pipe', 'ignore', 'pipe', ...files] as const
    this.#child = spawn('setpriv', argv, { env, cwd: '/', stdio: [...stdio], detached: true })
    const lines = new LineSplitter(command.maxLineBytes, listener.onLine, listener.onTooLong)
    this.#child.stderr?.on('data', (chunk: Buffer) => lines.push(chunk))
    this.#child.stdin?.on('error', () => {}) // its end is told by onGone
    this.#child.on('error', (error) => listener.onLine(error.message))
    this.#gone = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        lines.end()
        resolve()
        listener.onGone({ code, signal })
      })
    })
  }

  write(lines: string): void {
    this.#child.stdin?.write(lines)
  }

  /** Writes the last that it is to read. */
  finish(text: string): void {
    this.#child.stdin?.end(text)
  }

  /** Asks Nix to give up what it evaluates; it may not listen. */
  interrupt(): void {
    const pid = this.#nix()
    if (pid !== undefined) send(pid, 'SIGINT')
  }

  residentBytes(): number {
    const pid = this.#nix()
    return pid === undefined ? 0 : residentBytes(pid)
  }

  /** With its group: a sandbox that is still being made has a process in it that would wait for its killed parent for ever. */
  kill(): void {
    const { pid } = this.#child
    if (pid !== undefined) send(-pid, 'SIGKILL')
  }

  async gone(): Promise<void> {
    await this.#gone
  }

  #nix(): number | undefined {
    const { pid } = this.#child
    if (pid !== undefined) this.#program ??= findProgram(pid, 'nix')
    return this.#program
  }
}

function send(pid: number, signal: 'SIGINT' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal)
  } catch {
    // gone meanwhile
  }
}
