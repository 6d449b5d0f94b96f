import type { FailureGroup, JobOverview } from '@firn/contract/api/overview'
import { pages } from '@firn/contract/paths'
import { Ago } from '../../ui/Ago.tsx'
import { wordCount, wordNumber } from '../../ui/number-words.ts'
import { PageLink } from '../../ui/PageLink.tsx'
import { Section } from '../../ui/Section.tsx'
import { LogTail } from '../log/LogTail.tsx'
import { shown, showPath } from '../names.ts'
import { StateMark } from '../StateMark.tsx'
import { DerivationLink } from '../StoreName.tsx'
import classes from './attention.module.css'
import { tellingLine } from './error-words.ts'
import { NixError } from './NixError.tsx'

type At = { site: string; account: string }

/** What is wrong, grouped by its cause: each failing derivation once, each evaluation error with Nix's message. */
export function Attention({ at, overview }: { at: At; overview: JobOverview }) {
  const { failures, failuresTotal, errors, errorsTotal, job } = overview
  if (failuresTotal + errorsTotal === 0) return null
  const shown = failures.length + errors.length
  const total = failuresTotal + errorsTotal
  return (
    <Section title="Needs attention" aside={wordNumber(total, 'cause')}>
      {failures.map((failure) => (
        <Failure key={failure.derivationPath} at={at} failure={failure} jobId={job.id} />
      ))}
      {errors.map((error) => (
        <EvaluationError key={showPath(error.expressionPath)} at={at} error={error} jobId={job.id} />
      ))}
      {shown < total && <p className="dim">{wordCount(total - shown)} more are in the list of attributes below.</p>}
    </Section>
  )
}

function Failure({ at, failure, jobId }: { at: At; failure: FailureGroup; jobId: string }) {
  const ours = failure.technicalError !== null
  const logPage = pages.derivationLog(at, failure.derivationPath, jobId)
  return (
    <article className={classes.cause} data-ours={ours || undefined}>
      <div className={classes.head}>
        <StateMark state={ours ? 'broken' : 'failed'} />
        <h3>
          <DerivationLink at={at} drv={failure.derivationPath} viaJob={jobId} row />
        </h3>
        {failure.logId && <PageLink to={logPage}>whole log</PageLink>}
      </div>
      {failure.remembered && <Remembered remembered={failure.remembered} />}
      {ours ? (
        <p>{shown(failure.because)} This is not the build's fault; run the job again once it is mended.</p>
      ) : (
        <p>{shown(failure.because)}</p>
      )}
      {failure.attributes.length > 0 && (
        <p className="dim">
          It is <code>{list(failure.attributes)}</code>.
        </p>
      )}
      {failure.lastLines.length > 0 && <LogTail lines={failure.lastLines} logPage={logPage} />}
      {failure.blocksTotal > 0 && <Blocked failure={failure} />}
    </article>
  )
}

/** It was not tried for this job: who asks again may have better luck. */
function Remembered({ remembered: { at, job } }: { remembered: NonNullable<FailureGroup['remembered']> }) {
  return (
    <p className="dim">
      It failed before this job, <Ago at={at} />
      {job && (
        <>
          {' '}
          for{' '}
          <PageLink to={pages.job(job, job.index)}>
            {job.project} #{job.index}
          </PageLink>
        </>
      )}
      , and has not been built since.
    </p>
  )
}

const list = (paths: readonly string[][]) => paths.map(showPath).join(', ')

function Blocked({ failure: { blocks, blocksTotal } }: { failure: FailureGroup }) {
  return (
    <details>
      <summary>
        <StateMark state="blocked" quiet /> blocks {wordNumber(blocksTotal, 'attribute')}
      </summary>
      <ul className={classes.blocks}>
        {blocks.map((path) => (
          <li key={showPath(path)}>
            <code>{showPath(path)}</code>
          </li>
        ))}
        {blocksTotal > blocks.length && <li className="dim">and {wordCount(blocksTotal - blocks.length)} more</li>}
      </ul>
    </details>
  )
}

function EvaluationError({ at, error, jobId }: { at: At; error: JobOverview['errors'][number]; jobId: string }) {
  return (
    <article className={classes.cause}>
      <div className={classes.head}>
        <StateMark state="failed" word="evaluation error" />
        <h3>
          <code>{showPath(error.expressionPath) || 'the whole of it'}</code>
        </h3>
      </div>
      <p>{tellingLine(error.errorMessage)}</p>
      <NixError at={at} jobId={jobId} error={error} />
    </article>
  )
}
