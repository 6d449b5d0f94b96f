type Move = { ref: string; rev: string }

/**
 * Of the refs that are new or have moved, those that make a job. At the first sight of a repository that is only the head
 * of its default branch: what else stands there was built, or given up, before Firn came. From then on all of them.
 * @param defaultBranch without `refs/heads/`; null where there is no branch
 */
export function movesThatCount(
  moves: readonly Move[],
  { isFirstSight, defaultBranch }: { isFirstSight: boolean; defaultBranch: string | null },
): Move[] {
  return moves.filter(({ ref }) => !isFirstSight || ref === `refs/heads/${defaultBranch}`)
}
