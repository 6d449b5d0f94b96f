/** Nix text made here. All of it is written on one line: the repl takes a line for an expression. */

/** A string literal for any text. */
export function nixString(text: string): string {
  const escaped = text
    .replace(/[\\"$]/g, '\\$&')
    .replace(/\n/g, '\\n')
    .replace(/\r/g, '\\r')
    .replace(/\t/g, '\\t')
  return `"${escaped}"`
}

export function nixStrings(texts: readonly string[]): string {
  return `[ ${texts.map(nixString).join(' ')} ]`
}

/** An expression of many lines as one: Nix has no `eval`, but it imports what it has written to the store. */
export function importText(name: string, expression: string): string {
  return `(import (builtins.toFile ${nixString(name)} ${nixString(expression)}))`
}
