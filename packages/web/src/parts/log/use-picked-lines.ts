import { useLocation, useRouter } from '@tanstack/react-router'
import { useCallback, useMemo, useRef } from 'react'
import { parseLineRange, showLineRange } from './line-range.ts'

/** The lines that the address names, and how a click names others. */
export function usePickedLines() {
  const router = useRouter()
  const hash = useLocation({ select: (it) => it.hash })
  const range = useMemo(() => parseLineRange(hash), [hash])
  const anchor = useRef(range?.first)
  const pick = useCallback(
    (line: number, extend: boolean) => {
      const from = extend ? (anchor.current ?? line) : line
      if (!extend) anchor.current = line
      const { pathname, searchStr } = router.state.location
      const named = { first: Math.min(from, line), last: Math.max(from, line) }
      router.history.replace(`${router.history.createHref(pathname)}${searchStr}${showLineRange(named)}`)
    },
    [router],
  )
  const isPicked = (line: number) => range !== undefined && range.first <= line && line <= range.last
  return { first: range?.first, isPicked, pick }
}
