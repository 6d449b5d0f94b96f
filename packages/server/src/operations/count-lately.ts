/** Counts what happened within the last `ms` at this process. */
export function countLately(ms: number): { add(n: number): void; lately(): number } {
  let kept: { at: number; n: number }[] = []
  return {
    add(n) {
      if (n > 0) kept.push({ at: performance.now(), n })
    },
    lately() {
      const since = performance.now() - ms
      kept = kept.filter((each) => each.at > since)
      return kept.reduce((sum, each) => sum + each.n, 0)
    },
  }
}
