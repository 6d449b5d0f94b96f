import { type CSSProperties, memo } from 'react'
import { LineNumber } from '../../ui/LineNumber.tsx'
import { wordCount } from '../../ui/number-words.ts'
import { VirtualRows } from '../../ui/VirtualList.tsx'
import { usePickedLines } from '../log/use-picked-lines.ts'
import { drawnLine, linesOf } from './file-words.ts'
import classes from './files.module.css'

/** So much of a line is drawn: one of megabytes would stop the browser. */
const longestLine = 4000
const linePx = 20

/** Numbers are as wide as the longest of them. */
type Own = CSSProperties & { '--digits': number }

/** The lines of a file as plain text, with numbers that are links; those that the address names are marked and in sight. */
export function FileText({ text, name, raw }: { text: string; name: string; raw: string }) {
  const lines = linesOf(text)
  const { first, isPicked, pick } = usePickedLines()
  const own: Own = { '--digits': String(lines.length).length }
  return (
    <div className={classes.text} style={own}>
      <VirtualRows
        label={`Lines of ${name}`}
        count={lines.length}
        keyAt={(index) => index}
        estimatePx={linePx}
        sought={first !== undefined && first < lines.length ? first : undefined}
      >
        {(i) => <Line i={i} text={lines[i] ?? ''} raw={raw} isPicked={isPicked(i)} onPick={pick} />}
      </VirtualRows>
    </div>
  )
}

type LineProps = {
  i: number
  text: string
  raw: string
  isPicked: boolean
  onPick: (line: number, extend: boolean) => void
}

const Line = memo(function Line({ i, text, raw, isPicked, onPick }: LineProps) {
  const rest = text.length - longestLine
  return (
    <div className={classes.line} data-marked={isPicked || undefined}>
      <LineNumber i={i} className={classes.number} onPick={onPick} />
      <code>
        {drawnLine(text.slice(0, longestLine))}
        {rest > 0 && (
          <a href={raw} download="">
            {' '}
            … {wordCount(rest)} more characters
          </a>
        )}
      </code>
    </div>
  )
})
