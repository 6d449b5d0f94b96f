/**
 * Where Nix text of many lines and long lists of paths are put for a repl, which takes an expression on one line and
 * reads slowly: files of ours that the evaluator may read. In pure evaluation no file can be read but those of the store,
 * so there texts are written to the store by the expression itself, and paths stand in the line.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { importText } from './nix-text.ts'
import type { Path } from './notice.ts'
import { askByFile, askInline } from './questions.ts'

export type Line = { line: string; file: string | undefined }

export class QuestionFiles {
  readonly #folder: string | undefined
  readonly #prefix: string
  #next = 1

  /** `prefix` keeps several workers apart in one folder. */
  constructor(folder: string | undefined, prefix: string) {
    this.#folder = folder
    this.#prefix = prefix
  }

  /** An expression on one line that has the value of `text`. */
  expression(name: 'program' | 'expression', text: string): Line {
    if (this.#folder === undefined) return { line: importText(`firn-${name}.nix`, text), file: undefined }
    const file = this.#write(`firn-${name}.nix`, text)
    return { line: `(import ${file})`, file }
  }

  ask(paths: Path[]): Line {
    if (this.#folder === undefined || paths.length === 1) return { line: askInline(paths), file: undefined }
    const file = this.#write('paths.json', JSON.stringify(paths))
    return { line: askByFile(file), file }
  }

  remove(file: string | undefined): void {
    if (file !== undefined) rmSync(file, { force: true })
  }

  #write(name: string, text: string): string {
    const file = join(this.#folder ?? '', `${this.#prefix}-${this.#next++}-${name}`)
    writeFileSync(file, text)
    return file
  }
}
