/** How evaluators end, and what is said of the attribute that was being evaluated. */
import { constants } from 'node:os'
import { parseErrorText } from './error-text.ts'
import type { Limits } from './limits.ts'
import type { EvaluationError } from './notice.ts'

/** Why a process was ended by us, or that it ended by itself. */
export type DeathCause = 'stopped' | 'recycled' | 'time' | 'memory' | 'message' | 'died'

/** `culprit` was being evaluated when it ended, and `rest` was to follow; `wasReady`: it had begun to answer at all. */
export type Death<Item> = {
  cause: DeathCause
  culprit: Item | undefined
  rest: Item[]
  /** what was heard since the last answer: errors, then what Nix and the programs that it runs print beside them */
  said: string
  /** how the process ended, as the beginning of a sentence */
  how: string
  wasReady: boolean
}

/** A sandbox ends with 128 and the number of the signal that killed the program in it. */
export function howItEnded({ code, signal }: { code: number | null; signal: NodeJS.Signals | null }): string {
  const number = signal === null ? (code ?? 0) - 128 : constants.signals[signal]
  return number > 0 ? `the evaluator was killed (signal ${number})` : `the evaluator ended (exit code ${code})`
}

export function timeLimitError({ attributeMs }: Pick<Limits, 'attributeMs'>): EvaluationError {
  const message = `evaluating this attribute took longer than ${attributeMs / 1000} s`
  return { message, errorType: 'TimeLimit' }
}

export function isStackOverflow({ said }: Pick<Death<unknown>, 'said'>): boolean {
  return /stack overflow/.test(said)
}

type Ending = Pick<Death<unknown>, 'cause' | 'said' | 'how'>

export function deathError({ cause, said, how }: Ending, limits: Limits): EvaluationError {
  if (cause === 'time') return timeLimitError(limits)
  if (cause === 'memory') {
    const message = `evaluating this attribute took more than ${megabytes(limits.workerBytes)} of memory`
    return { message, errorType: 'MemoryLimit' }
  }
  if (cause === 'message') {
    const message = `evaluating this attribute printed a message of more than ${megabytes(limits.messageBytes)}`
    return { message, errorType: 'MessageLimit' }
  }
  if (isStackOverflow({ said })) return { ...parseErrorText(said), errorType: 'StackOverflowError' }
  const message = `${how} while this attribute was evaluated${said && `, and had said: ${said}`}`
  return { message, errorType: 'EvaluatorDied' }
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
