import type { AttributeChange, AttributeRow, EvaluationDiff } from '@firn/contract/api/evaluation'
import { wordCount } from '../../ui/number-words.ts'
import { attributeWord } from '../state.ts'

type How = AttributeChange['how']

/** What a visitor looks for first, first. */
const groupOrder: readonly How[] = ['newlyFailing', 'changed', 'added', 'removed', 'repaired']
const sentenceOrder: readonly How[] = ['added', 'removed', 'changed', 'newlyFailing', 'repaired']

const words: Record<How, string> = {
  newlyFailing: 'newly failing',
  changed: 'changed',
  added: 'added',
  removed: 'removed',
  repaired: 'repaired',
}

export type ChangeGroup = { how: How; title: string; changes: AttributeChange[] }

/** The changes by their kind, newly failing first; kinds that do not occur are left out. */
export function groupChanges(changes: readonly AttributeChange[]): ChangeGroup[] {
  const byHow = Map.groupBy(changes, (change) => change.how)
  return groupOrder.flatMap((how) => {
    const own = byHow.get(how)
    return own ? [{ how, title: words[how].replace(/^./, (first) => first.toUpperCase()), changes: own }] : []
  })
}

/** `3 added, 1 removed, 2 changed, 1 newly failing`; where not all are listed, of how many these are the first. */
export function countWords({ attributes, total }: Pick<EvaluationDiff, 'attributes' | 'total'>): string {
  if (attributes.length === 0) return 'nothing differs'
  const counts = sentenceOrder.flatMap((how) => {
    const count = attributes.filter((change) => change.how === how).length
    return count > 0 ? [`${wordCount(count)} ${words[how]}`] : []
  })
  const listed = counts.join(', ')
  if (attributes.length >= total) return listed
  return `${wordCount(total)} attributes differ; of the first ${wordCount(attributes.length)} by path: ${listed}`
}

/** How an attribute stood and stands: `succeeded → failed`, or one word where both are the same. */
export function stateWords({ before, after }: Pick<AttributeChange, 'before' | 'after'>): string {
  const states = [before, after].flatMap((row) => (row ? [attributeWord(row.state)] : []))
  if (!after) return `was ${states.join('')}`
  return [...new Set(states)].join(' → ')
}

const marks: Record<AttributeRow['typ'], string> = {
  Regular: 'a plain build',
  MustFail: 'must fail',
  MayFail: 'may fail',
  DependenciesOnly: 'dependencies only',
  Effect: 'an effect',
}

/** Where its mark is another one: `was a plain build, now may fail`. */
export function markWords({ before, after }: Pick<AttributeChange, 'before' | 'after'>): string | undefined {
  if (!before || !after || before.typ === after.typ) return undefined
  return `was ${marks[before.typ]}, now ${marks[after.typ]}`
}
