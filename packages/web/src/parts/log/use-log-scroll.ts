import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react'
import { barOf, clampTop, type Heights, heightsOf, topAfterScroll, topMax } from './scroll.ts'

export const rowPx = 20
/** Browsers that do not tell when a movement has ended: so long without one counts as its end. */
const settleMs = 300
const tellsEnd = 'onscrollend' in window

type Options = { rows: number; wrap: boolean; follow: boolean; onLeaveEnd: () => void }

/** The scrolling of a log: which row is at the top, how far into it, and ways to go elsewhere. */
export function useLogScroll(scroller: RefObject<HTMLElement | null>, { rows, wrap, follow, onLeaveEnd }: Options) {
  const viewport = useHeight(scroller)
  const [top, setTop] = useState(0)
  // A movement and its end can come before the page is drawn anew.
  const latest = useRef(0)
  const bar = useRef(0)
  const settle = useRef<ReturnType<typeof setTimeout>>(undefined)
  // Wrapped lines are higher than their row: let the last one come to the top, so that each can be read.
  const heights = heightsOf(rows, rowPx, viewport, wrap ? Math.max(0, viewport - rowPx) : 0)
  const shown = follow ? topMax(heights) : clampTop(top, heights)

  useLayoutEffect(() => {
    latest.current = shown
  }, [shown])
  const setBar = useCallback(
    (to: number, by: Heights) => {
      if (!scroller.current) return
      // Setting it ends a smooth movement that may have begun meanwhile, so only where it stands wrong.
      if (Math.abs(scroller.current.scrollTop - barOf(to, by)) >= 1) scroller.current.scrollTop = barOf(to, by)
      bar.current = scroller.current.scrollTop
    },
    [scroller],
  )
  const { viewport: v, virtual, physical } = heights
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the heights or the mode change
  useLayoutEffect(() => setBar(shown, heights), [v, virtual, physical, follow, setBar])

  const onScroll = () => {
    const to = scroller.current?.scrollTop ?? 0
    const from = bar.current
    if (Math.abs(to - from) < 1) return
    bar.current = to
    if (follow && to < from) onLeaveEnd()
    const next = topAfterScroll(latest.current, { from, to }, heights)
    latest.current = next
    setTop(next)
    clearTimeout(settle.current)
    if (!tellsEnd) settle.current = setTimeout(() => setBar(next, heights), settleMs)
  }
  /** Small movements leave the bar of a long log a little beside the place that its lines have. */
  const onScrollEnd = () => {
    // The end of a movement can be told before its last step.
    onScroll()
    setBar(latest.current, heights)
  }
  const goToRow = (row: number, fraction = 0.33) => {
    const next = clampTop(row * rowPx - Math.floor((viewport * fraction) / rowPx) * rowPx, heights)
    clearTimeout(settle.current)
    latest.current = next
    setTop(next)
    setBar(next, heights)
  }
  return { top: shown, viewport, physical, onScroll, onScrollEnd, goToRow }
}

function useHeight(element: RefObject<HTMLElement | null>): number {
  const [height, setHeight] = useState(0)
  useLayoutEffect(() => {
    const it = element.current
    if (!it) return
    setHeight(it.clientHeight)
    const observer = new ResizeObserver(() => setHeight(it.clientHeight))
    observer.observe(it)
    return () => observer.disconnect()
  }, [element])
  return height
}
