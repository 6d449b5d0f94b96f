import type { AttributeChange, AttributeRow } from '@firn/contract/api/evaluation'
import { FoldedNixError } from '../job/NixError.tsx'
import { showPath } from '../names.ts'
import { StateMark } from '../StateMark.tsx'
import { DerivationLink } from '../StoreName.tsx'
import { attributeState } from '../state.ts'
import classes from './compare.module.css'
import { markWords, stateWords } from './compare-words.ts'

type Props = {
  at: { site: string; account: string }
  change: AttributeChange
  /** The jobs that the rows before and after belong to. */
  jobs: { beforeId: string; afterId: string }
}

/** An attribute that differs: its path, its derivation before and after, and how it stood and stands. */
export function ChangeRow({ at, change, jobs }: Props) {
  const { before, after } = change
  const row = after ?? before
  const mark = markWords(change)
  const error = after?.error
  const isSame = after !== null && before?.derivationPath === after.derivationPath
  return (
    <div className={classes.change}>
      <div className={classes.path}>
        {row && <StateMark state={attributeState(row.state)} quiet />}
        <code>{showPath(change.path) || 'the whole of it'}</code>
        {mark && <span className={classes.mark}>{mark}</span>}
      </div>
      <div className={classes.state} data-state={row && attributeState(row.state)}>
        {stateWords(change)}
      </div>
      <div className={classes.derivations}>
        {before && !isSame && (
          <>
            <Side at={at} row={before} jobId={jobs.beforeId} /> {after && <Arrow />}
          </>
        )}
        {after && <Side at={at} row={after} jobId={jobs.afterId} isNew />}
      </div>
      {error && (
        <div className={classes.error}>
          <FoldedNixError at={at} jobId={jobs.afterId} error={error} />
        </div>
      )}
    </div>
  )
}

const Arrow = () => (
  <>
    <span aria-hidden="true">→</span>
    <span className="visually-hidden">became</span>
  </>
)

type SideProps = { at: Props['at']; row: AttributeRow; jobId: string; isNew?: boolean }

function Side({ at, row, jobId, isNew = false }: SideProps) {
  if (row.derivationPath === null) return <span className="dim">evaluation error</span>
  return <DerivationLink at={at} drv={row.derivationPath} viaJob={jobId} row={isNew} />
}
