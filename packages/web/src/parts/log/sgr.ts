import { cleanLog } from '@firn/core/log/clean'
import Anser from 'anser'

/** A piece of text with one look. `fg` and `bg` are a name of the sixteen colours, or a CSS colour. */
export type Span = {
  text: string
  fg: string | undefined
  bg: string | undefined
  bold: boolean
  dim: boolean
  italic: boolean
  underline: boolean
}

const plain = (text: string): Span => ({
  text,
  fg: undefined,
  bg: undefined,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
})

/** Reads SGR colours into spans of text; nothing of it ever is HTML. */
export function parseSgr(text: string): Span[] {
  const clean = cleanLog(text)
  if (!clean.includes('\x1b')) return clean === '' ? [] : [plain(clean)]
  const entries = Anser.ansiToJson(clean, { use_classes: true, json: true, remove_empty: true })
  return entries.map((it) => ({
    text: it.content,
    fg: colour(it.fg, it.fg_truecolor),
    bg: colour(it.bg, it.bg_truecolor),
    bold: it.decorations.includes('bold'),
    dim: it.decorations.includes('dim'),
    italic: it.decorations.includes('italic'),
    underline: it.decorations.includes('underline'),
  }))
}

function colour(name: string | null, truecolor: string | null): string | undefined {
  if (!name) return undefined
  if (name === 'ansi-truecolor') return truecolor && /^[0-9, ]+$/.test(truecolor) ? `rgb(${truecolor})` : undefined
  const palette = /^ansi-palette-(\d+)$/.exec(name)
  return palette ? paletteColour(Number(palette[1])) : name.replace(/^ansi-/, '')
}

const levels = [0, 95, 135, 175, 215, 255]

/** xterm's colours 16 to 255: a cube of 6 × 6 × 6, then greys. */
function paletteColour(n: number): string {
  if (n >= 232)
    return `rgb(${Array(3)
      .fill(8 + (n - 232) * 10)
      .join(', ')})`
  const cube = n - 16
  const parts = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6]
  return `rgb(${parts.map((part) => levels[part] ?? 0).join(', ')})`
}

/** Cuts spans so that each occurrence of `search` (lower case) is a span of its own, marked. */
export function markMatches(spans: readonly Span[], search: string): (Span & { match: boolean })[] {
  if (search === '') return spans.map((span) => ({ ...span, match: false }))
  return spans.flatMap((span) => {
    const parts: (Span & { match: boolean })[] = []
    const lower = span.text.toLowerCase()
    let from = 0
    for (let at = lower.indexOf(search); at >= 0; at = lower.indexOf(search, from)) {
      if (at > from) parts.push({ ...span, text: span.text.slice(from, at), match: false })
      parts.push({ ...span, text: span.text.slice(at, at + search.length), match: true })
      from = at + search.length
    }
    return from < span.text.length ? [...parts, { ...span, text: span.text.slice(from), match: false }] : parts
  })
}

/** Cuts spans at ranges of their text, which follow each other: what belongs to a range stands together. */
export function gatherRanges<S extends Span, R extends { from: number; to: number }>(
  spans: readonly S[],
  ranges: readonly R[],
): { range: R | undefined; spans: S[] }[] {
  const groups: { range: R | undefined; spans: S[] }[] = []
  const add = (span: S, range: R | undefined) => {
    const last = groups.at(-1)
    if (last && last.range === range) last.spans.push(span)
    else groups.push({ range, spans: [span] })
  }
  const ends = ranges.flatMap(({ from, to }) => [from, to])
  let offset = 0
  for (const span of spans) {
    const end = offset + span.text.length
    const cuts = [offset, ...ends.filter((at) => offset < at && at < end), end]
    for (const [i, from] of cuts.slice(0, -1).entries()) {
      const range = ranges.find((it) => it.from <= from && from < it.to)
      add({ ...span, text: span.text.slice(from - offset, (cuts[i + 1] ?? end) - offset) }, range)
    }
    offset = end
  }
  return groups
}
