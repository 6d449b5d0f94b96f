const bare = /^[A-Za-z_][A-Za-z0-9_'-]*$/

/** The text form of an attribute path, as URLs and the command line carry it (hercules-ci.md 5.2.1). */
export function showAttributePath(path: readonly string[]): string {
  return path.map((name) => (bare.test(name) ? name : quote(name))).join('.')
}

function quote(name: string): string {
  return `"${name.replace(/[\\"]/g, '\\$&')}"`
}

/**
 * Reads the text form back. Quotes may stand anywhere in an element; the empty text is the empty path.
 * @returns undefined where a quote is left open or a backslash ends the text
 */
export function parseAttributePath(text: string): string[] | undefined {
  if (text === '') return []
  const path: string[] = []
  let name = ''
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i)
    if (c === '"') quoted = !quoted
    else if (quoted && c === '\\') {
      if (++i >= text.length) return undefined
      name += text.charAt(i)
    } else if (c === '.' && !quoted) {
      path.push(name)
      name = ''
    } else name += c
  }
  return quoted ? undefined : [...path, name]
}
