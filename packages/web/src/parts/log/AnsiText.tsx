import { memo } from 'react'
import classes from './ansi.module.css'
import { markMatches, parseSgr, type Span } from './sgr.ts'

/** So much of one line is drawn; the rest is counted. A line of megabytes would stop the browser. */
const longestLine = 4000

/** Text with SGR colours, as spans of text. `search` (lower case) is marked where it occurs. */
export const AnsiText = memo(function AnsiText({ text, search = '' }: { text: string; search?: string }) {
  const cut = text.length > longestLine ? text.slice(0, longestLine) : text
  return (
    <>
      {markMatches(parseSgr(cut), search).map((span, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the spans of a text have no other name than their place
        <Piece key={i} span={span} match={span.match} />
      ))}
      {text.length > longestLine && (
        <span className={classes.cut}> … {(text.length - longestLine).toLocaleString('en')} more characters</span>
      )}
    </>
  )
})

function Piece({ span, match }: { span: Span; match: boolean }) {
  const content = match ? <mark>{span.text}</mark> : span.text
  const look = lookOf(span)
  return look.className === '' && !look.style ? content : <span {...look}>{content}</span>
}

function lookOf({ fg, bg, bold, dim, italic, underline }: Span) {
  const named = [
    bold && classes.bold,
    dim && classes.dim,
    italic && classes.italic,
    underline && classes.underline,
    fg && classes[fg],
    bg && classes[`on-${bg}`],
  ]
  const color = fg?.startsWith('rgb') ? fg : undefined
  const backgroundColor = bg?.startsWith('rgb') ? bg : undefined
  const className = named.filter(Boolean).join(' ')
  return { className, ...((color || backgroundColor) && { style: { color, backgroundColor } }) }
}
