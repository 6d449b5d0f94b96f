import type { JobOverview } from '@firn/contract/api/overview'
import { wordCount, wordNumber } from '../../ui/number-words.ts'
import { Section } from '../../ui/Section.tsx'
import { shown, showPath } from '../names.ts'
import { StateMark } from '../StateMark.tsx'
import { DerivationLink } from '../StoreName.tsx'
import { derivationState } from '../state.ts'
import classes from './imports.module.css'

type At = { site: string; account: string }
type Import = JobOverview['imports'][number]

/** What the evaluation needs built before it can go on, why that is not there yet, and the attributes that wait for it. */
export function Imports({ at, overview: { imports, job } }: { at: At; overview: JobOverview }) {
  if (imports.length === 0) return null
  const isOver = job.jobPhase !== 'Queued' && job.jobPhase !== 'Evaluating'
  return (
    <Section
      title={isOver ? 'Evaluation lacked' : 'Evaluation waits for'}
      aside={wordNumber(imports.length, 'import from derivation', 'imports from derivations')}
    >
      <ul className={classes.imports}>
        {imports.map((it) => (
          <li key={`${it.derivationPath} ${it.outputName}`}>
            <StateMark state={derivationState(it.status)} quiet />
            <div>
              <DerivationLink at={at} drv={it.derivationPath} viaJob={job.id} row />
              {it.outputName !== 'out' && <span className="dim"> output {shown(it.outputName)}</span>}
              <p>{shown(it.because)}</p>
              <WaitingAttributes of={it} />
            </div>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** So many are drawn; the list of attributes has them all. */
const drawnMax = 200

function WaitingAttributes({ of: { attributes } }: { of: Import }) {
  if (attributes.length === 0) return null
  return (
    <details>
      <summary>{wordNumber(attributes.length, 'attribute needs', 'attributes need')} it</summary>
      <ul>
        {attributes.slice(0, drawnMax).map((path) => (
          <li key={showPath(path)}>
            <code>{showPath(path) || 'the whole of it'}</code>
          </li>
        ))}
        {attributes.length > drawnMax && <li className="dim">and {wordCount(attributes.length - drawnMax)} more</li>}
      </ul>
    </details>
  )
}
