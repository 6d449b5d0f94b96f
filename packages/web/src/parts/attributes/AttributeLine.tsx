import type { AttributeRow } from '@firn/contract/api/evaluation'
import { pages } from '@firn/contract/paths'
import { wordDuration, wordMs } from '@firn/core/status/time-words'
import { Elapsed } from '../../ui/Ago.tsx'
import { wordCount } from '../../ui/number-words.ts'
import { PageLink } from '../../ui/PageLink.tsx'
import { FoldedNixError } from '../job/NixError.tsx'
import { showPath } from '../names.ts'
import { StateMark } from '../StateMark.tsx'
import { attributeState, attributeWord } from '../state.ts'
import classes from './attribute-line.module.css'
import type { TreeLine } from './tree.ts'

const marks: Record<AttributeRow['typ'], string> = {
  Regular: '',
  MustFail: 'must fail',
  MayFail: 'may fail',
  DependenciesOnly: 'dependencies only',
  Effect: 'effect, not run by this version',
}

type Props = {
  at: { site: string; account: string }
  jobId: string
  row: AttributeRow
  depth: number
  /** The part of the path that is drawn, and how many of its names the row above has too. */
  label: readonly string[]
  shared?: number
}

/** An attribute: its state, its name as the link to its derivation, its mark, platform, and how long it evaluated and built. */
export function AttributeLine({ at, jobId, row, depth, label, shared = 0 }: Props) {
  const state = attributeState(row.state)
  const mark = marks[row.typ]
  return (
    <div className={classes.line} style={{ '--depth': depth }}>
      <div className={classes.path}>
        <StateMark state={state} quiet word={attributeWord(row.state)} />
        <Name at={at} jobId={jobId} row={row} label={label} shared={shared} />
        {mark && <span className={classes.mark}>{mark}</span>}
      </div>
      <div className={classes.word} data-state={state} aria-hidden="true">
        {attributeWord(row.state)}
      </div>
      <div className={classes.platform}>{row.platform}</div>
      <div className={classes.evaluated}>{row.evalMs !== null && `eval ${wordMs(row.evalMs)}`}</div>
      <div className={classes.duration}>
        <Duration row={row} />
      </div>
      {row.error && (
        <div className={classes.error}>
          <FoldedNixError at={at} jobId={jobId} error={row.error} />
        </div>
      )}
    </div>
  )
}

function Name({ at, jobId, row, label, shared }: Omit<Props, 'depth'> & { shared: number }) {
  const common = label.slice(0, shared)
  const own = showPath(label.slice(shared))
  const text = (
    <>
      {common.length > 0 && <span className="dim">{showPath(common)}.</span>}
      {own}
    </>
  )
  const title = showPath(row.path)
  if (!row.derivationPath) return <code title={title}>{text}</code>
  return (
    <PageLink to={pages.derivation(at, row.derivationPath, jobId)} data-row="" title={title}>
      <code>{text}</code>
    </PageLink>
  )
}

function Duration({ row }: { row: AttributeRow }) {
  if (row.state === 'Running' && row.startedAt) return <Elapsed from={row.startedAt} to={null} />
  return row.durationMs === null ? null : wordDuration(row.durationMs)
}

/** A set of attributes: folds, and says how many it has and the worst state among them. */
export function SetLine({ line, onToggle }: { line: TreeLine & { kind: 'set' }; onToggle: () => void }) {
  return (
    <div className={classes.set} style={{ '--depth': line.depth }}>
      <button type="button" aria-expanded={line.open} onClick={onToggle} data-row="">
        <span className={classes.chevron} aria-hidden="true" />
        <StateMark state={line.state} quiet />
        <code>{showPath(line.label)}</code> <span className="dim">{wordCount(line.count)}</span>
      </button>
    </div>
  )
}
