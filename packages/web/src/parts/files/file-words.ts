import type { RepositoryFile } from '@firn/contract/api/file'
import { plainLog } from '@firn/core/log/clean'
import { wordCount, wordNumber, wordSize } from '../../ui/number-words.ts'
import { shown } from '../names.ts'

/** The lines of a file as they may be drawn; a line end at the end begins none. */
export function linesOf(text: string): string[] {
  const lines = text.replace(/^\ufeff/, '').split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** What is there and cannot be seen, or would make the text read as another, shows as \ufffd; of the rest nothing is lost. */
export const drawnLine = (line: string): string => plainLog(shown(line.replace(/\r$/, '')))

/** What something is, and how large, as the beginning of a sentence. */
export function fileWords(file: RepositoryFile): string {
  switch (file.kind) {
    case 'folder': {
      const more = file.total - file.entries.length
      return `Folder of ${wordNumber(file.total, 'name')}${more > 0 ? `, of which the last ${wordCount(more)} are not listed,` : ''}`
    }
    case 'symlink':
      return 'Symbolic link'
    case 'submodule':
      return 'Submodule'
    case 'file': {
      const lines = file.text === null ? [] : [wordNumber(linesOf(file.text).length, 'line')]
      return [...lines, wordSize(file.bytes), ...(file.isExecutable ? ['executable'] : [])].join(', ')
    }
  }
}
