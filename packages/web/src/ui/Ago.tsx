import { wordAgo, wordDuration, wordUtc } from '@firn/core/status/time-words'
import { useNow } from '../api/clock.ts'

/** A relative time that stays true; the exact instant shows on hover. */
export function Ago({ at }: { at: string }) {
  const now = useNow()
  return (
    <time dateTime={at} title={wordUtc(at)}>
      {wordAgo(at, now)}
    </time>
  )
}

/** Time since an instant, ticking; or between two, still. */
export function Elapsed({ from, to }: { from: string; to: string | null }) {
  return to === null ? <Ticking from={from} /> : wordDuration(Date.parse(to) - Date.parse(from))
}

function Ticking({ from }: { from: string }) {
  const seconds = Math.floor((useNow() - Date.parse(from)) / 1000)
  return wordDuration(Math.max(0, seconds) * 1000)
}
