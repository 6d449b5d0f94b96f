/** Which file of a repository is evaluated (hercules-ci.md 1.1). */

/** In this order; members of a group exclude each other. */
const groups = [['nix/ci.nix', 'ci.nix'], ['flake.nix'], ['default.nix']]

/** The files whose presence matters. */
export const candidateFiles = groups.flat()

export type ChosenFile = { file: string } | { refused: string }

/** `present`: the candidates that are regular files. */
export function chooseFile(present: ReadonlySet<string>): ChosenFile {
  for (const group of groups) {
    const [first, second] = group.filter((file) => present.has(file))
    if (second !== undefined) return { refused: "Don't know what to do, expecting only one of nix/ci.nix or ci.nix" }
    if (first !== undefined) return { file: first }
  }
  return {
    refused:
      'Please provide a Nix expression to build. Could not find any of nix/ci.nix, ci.nix, flake.nix or default.nix in your source',
  }
}
