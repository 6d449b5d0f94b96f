import { type CSSProperties, Fragment, memo, type ReactNode } from 'react'
import classes from './ansi.module.css'
import { gatherRanges, markMatches, parseSgr, type Span } from './sgr.ts'

/** So much of one line is drawn; the rest is counted. A line of megabytes would stop the browser. */
const longestLine = 4000

type Props = {
  text: string
  /** Marked where it occurs; in lower case. */
  search?: string
  /** Where the whole text can be read when it is too long to be drawn. */
  whole?: string
  /** Parts of the text, without its colours, that are drawn within something, such as a link. */
  framed?: readonly Framed[]
}

export type Framed = { from: number; to: number; frame: (children: ReactNode) => ReactNode }

const none: readonly Framed[] = []

/** Text with SGR colours, as spans of text. */
export const AnsiText = memo(function AnsiText({ text, search = '', whole, framed = none }: Props) {
  const cut = text.length > longestLine ? text.slice(0, longestLine) : text
  return (
    <>
      {gatherRanges(markMatches(parseSgr(cut), search), framed).map(({ range, spans }, i) => {
        const pieces = spans.map((span, k) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the spans of a text have no other name than their place
          <Piece key={k} span={span} match={span.match} />
        ))
        // biome-ignore lint/suspicious/noArrayIndexKey: as above
        return <Fragment key={i}>{range ? range.frame(pieces) : pieces}</Fragment>
      })}
      {text.length > longestLine && (
        <span className={classes.cut}>
          {' … '}
          <Rest count={text.length - longestLine} whole={whole} />
        </span>
      )}
    </>
  )
})

function Rest({ count, whole }: { count: number; whole: string | undefined }) {
  const words = `${count.toLocaleString('en')} more characters`
  return whole === undefined ? words : <a href={whole}>{words}</a>
}

function Piece({ span, match }: { span: Span; match: boolean }) {
  const content = match ? <mark>{span.text}</mark> : span.text
  const look = lookOf(span)
  return look.className === '' && !look.style ? content : <span {...look}>{content}</span>
}

type Own = CSSProperties & { '--fg': string | undefined; '--bg': string | undefined }

function lookOf({ fg, bg, bold, dim, italic, underline }: Span) {
  const own: Own = { '--fg': fg?.startsWith('rgb') ? fg : undefined, '--bg': bg?.startsWith('rgb') ? bg : undefined }
  const named = [
    bold && classes.bold,
    dim && classes.dim,
    italic && classes.italic,
    underline && classes.underline,
    fg && (own['--fg'] ? classes.free : classes[fg]),
    bg && (own['--bg'] ? classes['on-free'] : classes[`on-${bg}`]),
  ]
  const className = named.filter(Boolean).join(' ')
  return { className, ...((own['--fg'] || own['--bg']) && { style: own }) }
}
