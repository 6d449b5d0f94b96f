import type { MinuteOfWork } from '@firn/contract/api/operations'
import { wordDuration, wordUtc } from '@firn/core/status/time-words'
import { wordNumber } from '../../ui/number-words.ts'
import { Section } from '../../ui/Section.tsx'
import classes from './hour-of-work.module.css'

type Series = {
  name: string
  of: (minute: MinuteOfWork) => number
  total: (minutes: readonly MinuteOfWork[]) => string
}

const sumOf = (minutes: readonly MinuteOfWork[], of: Series['of']) =>
  minutes.reduce((sum, minute) => sum + of(minute), 0)

const series: readonly Series[] = [
  {
    name: 'Built',
    of: (it) => it.built,
    total: (all) =>
      wordNumber(
        sumOf(all, (it) => it.built),
        'build',
      ),
  },
  {
    name: 'Failed',
    of: (it) => it.failed,
    total: (all) =>
      wordNumber(
        sumOf(all, (it) => it.failed),
        'build',
      ),
  },
  {
    name: 'Lost or broken',
    of: (it) => it.broken,
    total: (all) =>
      wordNumber(
        sumOf(all, (it) => it.broken),
        'task',
      ),
  },
  {
    name: 'Evaluated',
    of: (it) => it.evaluated,
    total: (all) =>
      wordNumber(
        sumOf(all, (it) => it.evaluated),
        'evaluation',
      ),
  },
  { name: 'Evaluation time', of: (it) => it.evaluationMs ?? 0, total: meanTime },
]

/** What ended in each minute of the last hour, as small bars; each row has a scale of its own. */
export function HourOfWork({ minutes }: { minutes: readonly MinuteOfWork[] }) {
  return (
    <Section title="Last hour">
      <dl className={classes.hour}>
        {series.map((each) => (
          <div key={each.name}>
            <dt>{each.name}</dt>
            <dd>
              <Bars minutes={minutes} of={each.of} />
              <span>{each.total(minutes)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  )
}

/** For the eye only: the sum beside them is the same in words. */
function Bars({ minutes, of }: { minutes: readonly MinuteOfWork[]; of: Series['of'] }) {
  const most = Math.max(1, ...minutes.map(of))
  return (
    <span className={classes.bars} aria-hidden="true">
      {minutes.map((minute) => (
        <span key={minute.at} title={`${Math.round(of(minute))} at ${wordUtc(minute.at)}`}>
          <span style={{ height: `${Math.round((of(minute) / most) * 100)}%` }} />
        </span>
      ))}
    </span>
  )
}

function meanTime(minutes: readonly MinuteOfWork[]): string {
  const evaluated = sumOf(minutes, (it) => it.evaluated)
  if (evaluated === 0) return 'none'
  return `${wordDuration(sumOf(minutes, (it) => (it.evaluationMs ?? 0) * it.evaluated) / evaluated)} on average`
}
