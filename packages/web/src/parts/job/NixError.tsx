import type { AttributeFailure } from '@firn/contract/api/evaluation'
import { plainLog } from '@firn/core/log/clean'
import type { ReactNode } from 'react'
import { CopyText } from '../../ui/CopyText.tsx'
import { PositionLink } from '../files/PositionLink.tsx'
import { AnsiText } from '../log/AnsiText.tsx'
import { DerivationLink } from '../StoreName.tsx'
import { type ErrorPosition, errorPosition, findPlaces, positionWords } from './error-position.ts'
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

/** The file and line as a small heading: the link to them, and a button that copies them as an editor takes them. */
function Position({ position }: { position: ErrorPosition }) {
  const { file, line, column, within } = position
  return (
    <p className={classes.position}>
      <PositionLink position={position}>{positionWords(position)}</PositionLink>
      {within && <span className="dim"> in {within}</span>}{' '}
      <CopyText text={`${file}:${line}:${column}`} label={`${file}:${line}:${column}`}>
        <span aria-hidden="true">copy</span>
        <span className="visually-hidden">the place</span>
      </CopyText>
    </p>
  )
}

/** A text of Nix's as it stands, coloured; the places in the repository that it names are links. */
export function NixText({ text, label }: { text: string; label: string }) {
  const places = findPlaces(plainLog(text)).map(({ from, to, position }) => ({
    from,
    to,
    frame: (children: ReactNode) => <PositionLink position={position}>{children}</PositionLink>,
  }))
  return (
    // biome-ignore lint/a11y: what scrolls must be reachable by keyboard, and is no fieldset
    <pre className={classes.text} tabIndex={0} role="group" aria-label={label}>
      <AnsiText text={text} framed={places} />
    </pre>
  )
}
