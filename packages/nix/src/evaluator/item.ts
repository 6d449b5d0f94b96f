import type { EvaluationError } from './notice.ts'
import type { Question } from './questions.ts'

/** A question on its way to its answer. */
export type Item = {
  question: Question
  /** processes that ended while it was evaluated */
  deaths: number
  /** times it was asked again after a build */
  rounds: number
  settle: (outcome: Outcome) => void
  /** it waits for a build; it is settled later */
  suspended: () => void
}

export type Outcome = { value: unknown; evalMs: number } | { failed: EvaluationError; evalMs: number }

/** What notices name it by; an expression that is read counts as the root. */
export function pathOf(item: Item): string[] {
  return item.question.kind === 'describe' ? item.question.path : []
}
