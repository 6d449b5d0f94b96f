const heads = 'refs/heads/'

/**
 * The branch whose state is the project's: stays what it is while it exists; else the repository's HEAD if it exists, else
 * `main`, `master`, or the first by name.
 * @param current without `refs/heads/`, as `head` and the result; null before the first push
 * @param refs full names of the refs that exist
 * @returns `current` where no branch is left; null before the first push
 */
export function chooseDefaultBranch(current: string | null, head: string, refs: readonly string[]): string | null {
  const branches = refs.filter((ref) => ref.startsWith(heads)).map((ref) => ref.slice(heads.length))
  const wanted = [current, head, 'main', 'master']
  return wanted.find((branch) => branch !== null && branches.includes(branch)) ?? branches.sort()[0] ?? current
}
