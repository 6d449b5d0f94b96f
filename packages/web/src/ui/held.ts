import { useState } from 'react'

/** Splits what a list got into what it shows and what came since and waits above, so that nothing jumps. */
export function holdBack<T>(items: readonly T[], known: ReadonlySet<string>, keyOf: (item: T) => string) {
  if (known.size === 0) return { shown: items, held: [] }
  const isHeld = newerThanKnown(items, known, keyOf)
  return { shown: items.filter((_, i) => !isHeld(i)), held: items.filter((_, i) => isHeld(i)) }
}

/** Only what stands before the first known item is new; what follows later is an older page. */
function newerThanKnown<T>(items: readonly T[], known: ReadonlySet<string>, keyOf: (item: T) => string) {
  const firstKnown = items.findIndex((item) => known.has(keyOf(item)))
  return (i: number) => i < firstKnown
}

/** New items wait until `show` is called. An empty list shows its first items at once. */
export function useHeld<T>(items: readonly T[], keyOf: (item: T) => string) {
  const [known, setKnown] = useState<ReadonlySet<string>>(() => new Set(items.map(keyOf)))
  const { shown, held } = holdBack(items, known, keyOf)
  const show = () => setKnown(new Set(items.map(keyOf)))
  return { shown, held: held.length, show }
}
