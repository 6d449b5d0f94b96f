import { stripVTControlCharacters } from 'node:util'

/**
 * A failure's text without the last lines of the builder's output that Nix quotes in it, and without its advice where to
 * read the rest: they stand in the same log just above.
 */
export function withoutQuotedLog(text: string): string {
  const lines = text.split('\n')
  const plain = lines.map((line) => stripVTControlCharacters(line).trim())
  const from = plain.findIndex((line) => /^[Ll]ast \d+ log lines:$/.test(line))
  if (from < 0) return text
  const quoted = plain.slice(from + 1).findIndex((line) => !line.startsWith('>'))
  const after = quoted < 0 ? lines.length : from + 1 + quoted
  const advice = /^For full logs, run/.test(plain[after] ?? '') ? (plain[after]?.endsWith(':') ? 2 : 1) : 0
  return [...lines.slice(0, from), ...lines.slice(after + advice)].join('\n').replace(/[;\s]+$/, '')
}
