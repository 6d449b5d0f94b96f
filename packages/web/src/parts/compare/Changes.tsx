import type { EvaluationDiff } from '@firn/contract/api/evaluation'
import { wordCount } from '../../ui/number-words.ts'
import { Section } from '../../ui/Section.tsx'
import { VirtualList } from '../../ui/VirtualList.tsx'
import { shown, showPath } from '../names.ts'
import { DerivationLink } from '../StoreName.tsx'
import { ChangeRow } from './ChangeRow.tsx'
import classes from './compare.module.css'
import { groupChanges } from './compare-words.ts'

type At = { site: string; account: string }

/** What differs between two evaluations, by kind: first what began to fail. */
export function Changes({ at, diff }: { at: At; diff: EvaluationDiff }) {
  return (
    <>
      {groupChanges(diff.attributes).map(({ how, title, changes }) => (
        <Section key={how} title={title} aside={wordCount(changes.length)}>
          <VirtualList label={title} items={changes} keyOf={(it) => showPath(it.path)} estimatePx={56}>
            {(change) => <ChangeRow at={at} change={change} jobs={diff} />}
          </VirtualList>
        </Section>
      ))}
      <Imports at={at} diff={diff} />
    </>
  )
}

/** What one of the two evaluations needed built and the other did not. */
function Imports({ at, diff: { ifds, beforeId, afterId } }: { at: At; diff: EvaluationDiff }) {
  if (ifds.length === 0) return null
  return (
    <Section title="Imports from derivations" aside={wordCount(ifds.length)}>
      <ul className={classes.imports}>
        {ifds.map(({ derivation, outputName, how }) => (
          <li key={`${derivation} ${outputName}`}>
            <span className="dim">{how}</span>
            <span>
              <DerivationLink at={at} drv={derivation} viaJob={how === 'added' ? afterId : beforeId} row />
              {outputName !== 'out' && <span className="dim"> output {shown(outputName)}</span>}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}
