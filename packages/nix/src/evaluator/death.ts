/** How evaluators end, and what is said of the attribute that was being evaluated. */
import type { Limits } from './limits.ts'
import type { EvaluationError } from './notice.ts'

/** Why a process was ended by us, or that it ended by itself. */
export type DeathCause = 'stopped' | 'recycled' | 'time' | 'memory' | 'message' | 'died'

/** `culprit` was being evaluated when it ended, and `rest` was to follow; `wasReady`: it had begun to answer at all. */
export type Death<Item> = {
  cause: DeathCause
  culprit: Item | undefined
  rest: Item[]
  text: string
  wasReady: boolean
}

export function deathError(cause: DeathCause, text: string, limits: Limits): EvaluationError {
  if (cause === 'time') return { message: text, errorType: 'TimeLimit' }
  if (cause === 'memory') {
    const message = `evaluating this attribute took more than ${megabytes(limits.workerBytes)} of memory`
    return { message, errorType: 'MemoryLimit' }
  }
  if (cause === 'message') {
    const message = `evaluating this attribute printed a message of more than ${megabytes(limits.messageBytes)}`
    return { message, errorType: 'MessageLimit' }
  }
  const errorType = /stack overflow/.test(text) ? 'StackOverflowError' : 'EvaluatorDied'
  return { message: `evaluating this attribute ended the evaluator: ${text}`, errorType }
}

/** The only error that a repl keeps to itself; `why` Nix's own text, which names the file, is not to be had. */
export function unfinishedFile(why: string): EvaluationError {
  return {
    message: `syntax error, unexpected end of file in a file that this attribute needs. ${why}`,
    errorType: 'ParseError',
  }
}

export function buildFailed(drvPath: string, text: string): EvaluationError {
  return { message: text, errorType: 'BuildException', drvPath }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MB`
}
