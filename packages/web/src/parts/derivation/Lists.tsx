import type { DerivationDetail } from '@firn/contract/api/derivation'
import { pages } from '@firn/contract/paths'
import { Ago, Elapsed } from '../../ui/Ago.tsx'
import { wordNumber, wordSize } from '../../ui/number-words.ts'
import { PageLink } from '../../ui/PageLink.tsx'
import { Section } from '../../ui/Section.tsx'
import { VirtualList } from '../../ui/VirtualList.tsx'
import { type Attempt, readAttempts } from '../attempts.ts'
import { shortRef, showPath } from '../names.ts'
import { StateMark } from '../StateMark.tsx'
import { DerivationLink, StoreName } from '../StoreName.tsx'
import { byUrgency, derivationState } from '../state.ts'
import classes from './lists.module.css'

type At = { site: string; account: string }
type Props = { at: At; derivation: DerivationDetail; viaJob: string | undefined }

/** Each attempt with its agent, outcome, duration and log. */
export function Attempts({ at, derivation, viaJob }: Props) {
  const attempts = readAttempts(derivation.events)
  if (attempts.length === 0) return null
  return (
    <Section title="Attempts" aside={attempts.length > 1 && attempts.length}>
      <ul className={classes.box}>
        {attempts.map((attempt) => (
          <li key={attempt.number} className={classes.attempt}>
            <StateMark state={attempt.state} />
            <span>
              {attempt.agent ?? <span className="dim">no agent</span>}
              {attempt.note && <span className={classes.note}> {attempt.note}</span>}
            </span>
            <span className={classes.right}>
              {attempt.startedAt && <Took attempt={attempt} from={attempt.startedAt} />}
            </span>
            <span className="dim">{attempt.startedAt && <Ago at={attempt.startedAt} />}</span>
            <span className={classes.right}>
              {attempt.logId && <PageLink to={logOf(at, derivation, { viaJob, logId: attempt.logId })}>log</PageLink>}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** The newest log is the derivation's; an older one is named. */
function logOf(
  at: At,
  derivation: DerivationDetail,
  { viaJob, logId }: { viaJob: string | undefined; logId: string },
): string {
  const page = pages.derivationLog(at, derivation.derivationPath, viaJob)
  if (logId === derivation.logId) return page
  return `${page}${page.includes('?') ? '&' : '?'}log=${logId}`
}

const Took = ({ attempt, from }: { attempt: Attempt; from: string }) => (
  <Elapsed from={from} to={attempt.endedAt ?? null} />
)

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
