/** Asks at most once in `ms`, however many want to know; whoever comes while it is asked gets the same answer. */
export function keepFresh<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let kept: { at: number; answer: Promise<T> } | undefined
  return () => {
    if (kept !== undefined && performance.now() - kept.at < ms) return kept.answer
    const answer = ask()
    const fresh = { at: performance.now(), answer }
    kept = fresh
    answer.catch(() => {
      if (kept === fresh) kept = undefined
    })
    return answer
  }
}
