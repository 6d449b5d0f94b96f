import type { LogLine } from '@firn/contract/api/log'
import { PageLink } from '../../ui/PageLink.tsx'
import { AnsiText } from './AnsiText.tsx'
import classes from './log-tail.module.css'

type Props = { lines: readonly LogLine[]; logPage: string; search?: string; label?: string }

/** Some lines of a log on another page; each number links to its line in the whole. */
export function LogTail({ lines, logPage, search = '', label = 'Last lines of the log' }: Props) {
  return (
    // biome-ignore lint/a11y: what scrolls must be reachable by keyboard, and a part of a card is no landmark
    <div className={classes.tail} tabIndex={0} role="group" aria-label={label}>
      {lines.map((line) => (
        <div key={line.i}>
          <PageLink to={`${logPage}#L${line.i + 1}`} tabIndex={-1} aria-label={`line ${line.i + 1}`}>
            {line.i + 1}
          </PageLink>
          <code>
            <AnsiText text={line.t} search={search} />
          </code>
        </div>
      ))}
    </div>
  )
}
