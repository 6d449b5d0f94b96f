import { TextInput } from '@mantine/core'
import { IconButton } from '../../ui/IconButton.tsx'
import { wordCount } from '../../ui/number-words.ts'
import classes from './log-view.module.css'
import { type Found, foundMax } from './search-log.ts'

type SearchProps = {
  value: string
  found: Found
  failed: boolean
  current: number | undefined
  onChange: (value: string) => void
  onStep: (step: 1 | -1) => void
}

/** Search in the whole log: enter for the next match, shift-enter for the one before. */
export function LogSearch({ value, found, failed, current, onChange, onStep }: SearchProps) {
  return (
    <>
      <TextInput
        className={classes.search}
        size="xs"
        type="search"
        data-search=""
        aria-label="Search the log"
        placeholder="Search  /"
        maxLength={200}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return
          event.preventDefault()
          onStep(event.shiftKey ? -1 : 1)
        }}
      />
      <span className={classes.group}>
        <span role="status" className="dim">
          {value.trim() === '' ? '' : failed ? 'the search failed' : foundWords(found, current)}
        </span>
        {found.lines.length > 0 && (
          <>
            <IconButton label="Match before" onClick={() => onStep(-1)}>
              ↑
            </IconButton>
            <IconButton label="Next match" onClick={() => onStep(1)}>
              ↓
            </IconButton>
          </>
        )}
      </span>
    </>
  )
}

function foundWords({ lines, searched, total }: Found, current: number | undefined): string {
  const isWhole = searched >= total
  const place = current === undefined ? 0 : lines.indexOf(current) + 1
  const count = `${wordCount(lines.length)}${lines.length >= foundMax ? '+' : ''}`
  const scope = isWhole || lines.length >= foundMax ? '' : `, ${Math.floor((100 * searched) / total)} % searched`
  return lines.length === 0 ? (isWhole ? 'none' : `searching${scope}`) : `${place} of ${count}${scope}`
}

type ModesProps = {
  wrap: boolean
  setWrap: (wrap: boolean) => void
  follow: boolean
  setFollow: (follow: boolean) => void
  onLastError: () => void
}

/** How the log is shown, and the way to what went wrong. */
export function LogModes({ wrap, setWrap, follow, setFollow, onLastError }: ModesProps) {
  return (
    <>
      <IconButton label="Go to the last error-like line" onClick={onLastError}>
        last error
      </IconButton>
      <IconButton label="Follow the end" pressed={follow} onClick={() => setFollow(!follow)}>
        follow
      </IconButton>
      <IconButton label="Wrap long lines" pressed={wrap} onClick={() => setWrap(!wrap)}>
        wrap
      </IconButton>
    </>
  )
}

/** Saves the whole log as text. */
export function LogDownload({ logId, fileName }: { logId: string; fileName: string }) {
  return (
    <a href={`/api/v1/firn/logs/${logId}/text`} download={fileName} className={classes.download}>
      download
    </a>
  )
}
