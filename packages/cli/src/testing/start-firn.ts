/** `firn` as users start it: a process whose output is kept. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

const main = new URL('../main.ts', import.meta.url).pathname

export type Env = Record<string, string | undefined>
export type Ended = { status: number | null; stdout: string; stderr: string }

export type RunningFirn = { child: ChildProcess; ended: Promise<Ended>; printed: (text: string) => Promise<void> }

export const startFirn = (args: string[], env: Env): RunningFirn => start(process.execPath, [main, ...args], env)

/** The same on a terminal, which `script` makes; everything comes on standard output. */
export function startFirnOnTerminal(args: string[], env: Env): RunningFirn {
  const words = [process.execPath, main, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`)
  return start('script', ['--quiet', '--return', '--flush', '--command', words.join(' '), '/dev/null'], env)
}

/** The same through a pipe of the shell, such as `| head -1`; the status is firn's. */
export function startFirnInto(reader: string, args: string[], env: Env): RunningFirn {
  return start('bash', ['-c', `"$@" | ${reader}; exit \${PIPESTATUS[0]}`, 'bash', process.execPath, main, ...args], env)
}

function start(program: string, args: string[], env: Env): RunningFirn {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const text = { stdout: '', stderr: '' }
  let onText = () => {}
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
      onText()
    })
  const ended = once(child, 'close').then(([status]) => ({
    status: typeof status === 'number' ? status : null,
    ...text,
  }))
  const printed = (wanted: string) =>
    new Promise<void>((resolve, reject) => {
      onText = () => {
        if (`${text.stdout}${text.stderr}`.includes(wanted)) resolve()
      }
      onText()
      void ended.then((end) => reject(new Error(`${wanted} was never printed: ${JSON.stringify(end)}`)))
    })
  return { child, ended, printed }
}
