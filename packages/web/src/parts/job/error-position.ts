import type { AttributeFailure } from '@firn/contract/api/evaluation'
import { plainLog } from '@firn/core/log/clean'
import { shown } from '../names.ts'

/** A place in a file that Nix names. `within` is where the file is from when that is not the repository of the job. */
export type ErrorPosition = { file: string; line: number; column: number; within: string | undefined }

/** `at ./ci.nix:7:3:`, `at /nix/store/…-source/flake.nix:41:25:`, `at «github:NixOS/nixpkgs/…»/lib/lists.nix:1:2` */
const place = /^ *at ([^\n]{1,4000}?):(\d{1,9}):(\d{1,9})(?::|$)/gm
/** Frames as versions after 2.8 print them: the place stands right below, and the innermost frame comes last. */
const innermostLast = /… [^\n]*\n *at /
const storeFile = /^\/nix\/store\/[0-9a-z]{7,32}-([^/]+)\/(.+)$/
const namedSource = /^«([^»]+)»\/(.+)$/

/**
 * Where an error is, from Nix's text, which is all that tells it (contract has no field for it): the innermost place in
 * the repository, else the innermost of all; undefined where no file is named.
 */
export function errorPosition({
  errorMessage,
  trace,
}: Pick<AttributeFailure, 'errorMessage' | 'trace'>): ErrorPosition | undefined {
  const places = [...placesIn(errorMessage), ...placesIn(trace ?? '')]
  return places.find((it) => it.within === undefined) ?? places[0]
}

/** `lib/default.nix, line 60` */
export const positionWords = ({ file, line }: ErrorPosition) => `${file}, line ${line}`

/** The places in a text, innermost first. */
function placesIn(text: string): ErrorPosition[] {
  const plain = plainLog(text)
  const found = findPlaces(plain).map(({ position }) => position)
  return innermostLast.test(plain) ? found.reverse() : found
}

/** A place with where it stands in the text: `./ci.nix:7:3` from its first character to the one after its last. */
export type FoundPlace = { from: number; to: number; position: ErrorPosition }

/** All places that a text without colours names, as they follow each other. */
export function findPlaces(plain: string): FoundPlace[] {
  return [...plain.matchAll(place)].flatMap((match) => {
    const [whole, path = '', line = '', column = ''] = match
    const file = readFile(path)
    if (!file) return []
    const from = match.index + whole.indexOf('at ') + 'at '.length
    const to = from + path.length + line.length + column.length + 2
    return [{ from, to, position: { ...file, line: Number(line), column: Number(column) } }]
  })
}

function readFile(path: string): Pick<ErrorPosition, 'file' | 'within'> | undefined {
  if (path.startsWith('./')) return { file: shown(path.slice(2)), within: undefined }
  const [, within, file] = storeFile.exec(path) ?? namedSource.exec(path) ?? []
  if (within && file) return { file: shown(file), within: shown(within) }
  return path.startsWith('/') ? { file: shown(path), within: 'the agent’s file system' } : undefined
}
