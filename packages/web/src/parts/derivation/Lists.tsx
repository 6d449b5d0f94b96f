import type { DerivationDetail } from '@firn/contract/api/derivation'
import { pages } from '@firn/contract/paths'
import { wordNumber, wordSize } from '../../ui/number-words.ts'
import { PageLink } from '../../ui/PageLink.tsx'
import { Section } from '../../ui/Section.tsx'
import { VirtualList } from '../../ui/VirtualList.tsx'
import { shortRef, showPath } from '../names.ts'
import { StateMark } from '../StateMark.tsx'
import { DerivationLink, StoreName } from '../StoreName.tsx'
import { byUrgency, derivationState } from '../state.ts'
import classes from './lists.module.css'

type At = { site: string; account: string }
type Props = { at: At; derivation: DerivationDetail; viaJob: string | undefined }

/** What it is built from: what is wrong or unfinished first. */
export function Inputs({ at, derivation, viaJob }: Props) {
  const inputs = derivation.inputDerivations
    .map((input) => ({ ...input, state: derivationState(input.status) }))
    .toSorted((a, b) => byUrgency(a.state, b.state))
  return (
    <Section title="Inputs" aside={inputs.length > 0 && wordNumber(inputs.length, 'derivation')}>
      {inputs.length === 0 ? (
        <p className="dim">It needs no other derivation.</p>
      ) : (
        <VirtualList label="Inputs" items={inputs} keyOf={(input) => input.derivationPath} estimatePx={34}>
          {(input) => (
            <div className={classes.input}>
              <StateMark state={input.state} quiet />
              <DerivationLink at={at} drv={input.derivationPath} viaJob={viaJob} row />
              <span className="dim">{input.outputs.join(', ')}</span>
              <span className="dim">{input.state}</span>
            </div>
          )}
        </VirtualList>
      )}
    </Section>
  )
}

/** What it makes. */
export function Outputs({ derivation: { outputs, status } }: { derivation: DerivationDetail }) {
  return (
    <Section title="Outputs">
      <ul className={classes.box}>
        {outputs.map((output) => (
          <li key={output.name} className={classes.output}>
            <code>{output.name}</code>
            <span>
              {output.path && <StoreName path={output.path} />}
              {status !== 'BuildSuccess' && <span className="dim"> not built</span>}
            </span>
            <span className={classes.right}>{output.size !== null && wordSize(output.size)}</span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** The jobs that need it, and what they call it. */
export function UsedBy({ derivation: { usedBy } }: { derivation: DerivationDetail }) {
  if (usedBy.length === 0) return null
  return (
    <Section title="Used by">
      <ul className={classes.uses}>
        {usedBy.map((use) => (
          <li key={use.jobId}>
            <PageLink to={pages.job({ site: use.site, account: use.account, project: use.projectName }, use.jobIndex)}>
              {use.projectName} #{use.jobIndex}
            </PageLink>{' '}
            <span className="dim">{shortRef(use.ref)}</span>
            {use.attributes.length > 0 && (
              <details open={use.attributes.length <= 3}>
                <summary>{wordNumber(use.attributes.length, 'attribute')}</summary>
                <ul>
                  {use.attributes.map((path) => (
                    <li key={showPath(path)}>
                      <code>{showPath(path)}</code>
                    </li>
                  ))}
                </ul>
              </details>
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}
