import { stripVTControlCharacters } from 'node:util'

const letters = new Intl.Segmenter()
/** Letters of East Asia, and pictures. */
const wide =
  /^(?:\p{Emoji_Presentation}|.\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1f64f}\u{20000}-\u{3fffd}])/u

/** How many columns of a terminal it takes. */
export function widthOf(text: string): number {
  const plain = stripVTControlCharacters(text)
  if (/^[ -~]*$/.test(plain)) return plain.length
  return Array.from(letters.segment(plain)).reduce((sum, { segment }) => sum + (wide.test(segment) ? 2 : 1), 0)
}

/** As much as fits into so many columns, with a mark where something is left out. The text is plain and one line. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let [shown, room] = ['', width - 1]
  for (const { segment } of letters.segment(text)) {
    room -= widthOf(segment)
    if (room < 0) break
    shown += segment
  }
  return `${shown}…`
}
