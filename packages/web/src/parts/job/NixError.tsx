import type { AttributeFailure } from '@firn/contract/api/evaluation'
import { CopyText } from '../../ui/CopyText.tsx'
import { AnsiText } from '../log/AnsiText.tsx'
import { DerivationLink } from '../StoreName.tsx'
import { type ErrorPosition, errorPosition, positionWords } from './error-position.ts'
import { isTold, tellingLine } from './error-words.ts'
import classes from './nix-error.module.css'

type Props = { at: { site: string; account: string }; jobId: string; error: AttributeFailure }

/**
 * What Nix said of an attribute, below its telling line: where it is, the message as it stands if there is more of it,
 * the trace folded, and the derivation if one is named.
 */
export function NixError({ at, jobId, error }: Props) {
  const position = errorPosition(error)
  return (
    <div className={classes.error}>
      {position && <Position position={position} />}
      {!isTold(error.errorMessage) && <NixText text={error.errorMessage} label="Nix's message" />}
      {error.errorDerivation && (
        <p className="dim">
          It is about <DerivationLink at={at} drv={error.errorDerivation} viaJob={jobId} />.
        </p>
      )}
      {error.trace && (
        <details className={classes.fold}>
          <summary>trace</summary>
          <NixText text={error.trace} label="trace" />
        </details>
      )}
    </div>
  )
}

/** The telling line, with the rest of what Nix said folded below it where there is more. */
export function FoldedNixError({ at, jobId, error }: Props) {
  const line = tellingLine(error.errorMessage)
  if (isTold(error.errorMessage) && !error.trace && !error.errorDerivation)
    return <p className={classes.line}>{line}</p>
  return (
    <details className={classes.fold}>
      <summary>{line}</summary>
      <NixError at={at} jobId={jobId} error={error} />
    </details>
  )
}

/** The file and line as a small heading; a click copies them as an editor takes them. */
function Position({ position }: { position: ErrorPosition }) {
  const { file, line, column, within } = position
  return (
    <p className={classes.position}>
      <CopyText text={`${file}:${line}:${column}`} label={`${file}:${line}:${column}`}>
        {positionWords(position)}
      </CopyText>
      {within && <span className="dim"> in {within}</span>}
    </p>
  )
}

/** A text of Nix's as it stands, coloured. */
export function NixText({ text, label }: { text: string; label: string }) {
  return (
    // biome-ignore lint/a11y: what scrolls must be reachable by keyboard, and is no fieldset
    <pre className={classes.text} tabIndex={0} role="group" aria-label={label}>
      <AnsiText text={text} />
    </pre>
  )
}
