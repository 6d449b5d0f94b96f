import type { AttributeRows, AttributeState } from '@firn/contract/api/evaluation'
import { wordCount } from '../../ui/number-words.ts'
import { toggled } from '../../ui/toggled.ts'
import { StateMark } from '../StateMark.tsx'
import { attributeState, attributeWord } from '../state.ts'
import classes from './state-filter.module.css'

const order: readonly AttributeState[] = [
  'Failed',
  'Error',
  'Blocked',
  'Running',
  'Waiting',
  'Cancelled',
  'NotRun',
  'Ignored',
  'Succeeded',
]

type Props = {
  byState: AttributeRows['byState']
  chosen: string | undefined
  onChoose: (state: string | undefined) => void
}

/** The states that there are, each with its count, to choose any of them. */
export function StateFilter({ byState, chosen, onChoose }: Props) {
  const states = new Set<string>(chosen?.split(',') ?? [])
  const toggle = (state: AttributeState) => {
    const next = toggled<string>(states, state)
    onChoose(next.size === 0 ? undefined : [...next].join(','))
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would draw and announce a form that this is not
    <div className={classes.filter} role="group" aria-label="Show only">
      {order.map((state) => {
        const count = byState[state] ?? 0
        if (count === 0 && !states.has(state)) return null
        return (
          <button key={state} type="button" aria-pressed={states.has(state)} onClick={() => toggle(state)}>
            <StateMark state={attributeState(state)} word={attributeWord(state)} /> {wordCount(count)}
          </button>
        )
      })}
    </div>
  )
}
