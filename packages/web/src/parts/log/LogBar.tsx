import { TextInput } from '@mantine/core'
import { IconButton } from '../../ui/IconButton.tsx'
import { wordCount } from '../../ui/number-words.ts'
import classes from './log-view.module.css'

type SearchProps = {
  value: string
  matches: readonly number[]
  current: number | undefined
  /** How many of the lines were searched. */
  scope: string
  onChange: (value: string) => void
  onStep: (step: 1 | -1) => void
}

/** Search in the lines at hand: enter for the next match, shift-enter for the one before. */
export function LogSearch({ value, matches, current, scope, onChange, onStep }: SearchProps) {
  const place = current === undefined ? -1 : matches.indexOf(current)
  const words =
    value === '' ? '' : matches.length === 0 ? `none ${scope}` : `${place + 1} of ${wordCount(matches.length)} ${scope}`
  return (
    <>
      <TextInput
        className={classes.search}
        size="xs"
        type="search"
        data-search=""
        aria-label="Search the log"
        placeholder="Search  /"
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
          {words}
        </span>
        {matches.length > 0 && (
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
