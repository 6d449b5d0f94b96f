import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'
import classes from './virtual-list.module.css'

/** Lists up to this length are drawn whole, for the browser's own search and for print. */
const wholeMax = 150

type RowsProps = {
  label: string
  count: number
  keyAt: (index: number) => string | number
  estimatePx: number
  children: (index: number) => ReactNode
  /** Called with the first and last row that are drawn, whenever they change. */
  onRange?: ((first: number, last: number) => void) | undefined
  /** A row that is brought into sight, unless it is. */
  sought?: number | undefined
}

/** Rows that scroll with the page, of which only those are drawn that can be seen. */
export function VirtualRows({ label, count, keyAt, estimatePx, children, onRange, sought }: RowsProps) {
  const list = useRef<HTMLUListElement>(null)
  const top = useTopInPage(list)
  const virtual = useWindowVirtualizer({
    count,
    estimateSize: () => estimatePx,
    overscan: count <= wholeMax ? count : 8,
    scrollMargin: top,
    getItemKey: keyAt,
  })
  const rows = virtual.getVirtualItems()
  const first = rows[0]?.index ?? 0
  const last = rows.at(-1)?.index ?? 0
  useEffect(() => onRange?.(first, last), [first, last, onRange])
  const isPlaced = top > 0
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each row that is sought, not as rows come and go
  useEffect(() => {
    if (sought === undefined || !isPlaced) return
    const row = rows.find(({ index }) => index === sought)
    const isSeen = row && row.start >= window.scrollY && row.end <= window.scrollY + window.innerHeight
    if (!isSeen) virtual.scrollToIndex(sought, { align: 'center' })
  }, [sought, isPlaced])
  return (
    <ul ref={list} className={classes.list} aria-label={label} style={{ height: virtual.getTotalSize() }}>
      {rows.map((row) => (
        <li
          key={row.key}
          ref={virtual.measureElement}
          data-index={row.index}
          aria-setsize={count}
          aria-posinset={row.index + 1}
          style={{ transform: `translateY(${row.start - top}px)` }}
        >
          {children(row.index)}
        </li>
      ))}
    </ul>
  )
}

/** Where an element begins on the page; what stands above it may grow and shrink. */
function useTopInPage(element: React.RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0)
  useLayoutEffect(() => {
    const measure = () => {
      if (element.current) setTop(Math.round(element.current.getBoundingClientRect().top + window.scrollY))
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(document.body)
    return () => observer.disconnect()
  }, [element])
  return top
}

type ListProps<T> = {
  label: string
  items: readonly T[]
  keyOf: (item: T) => string
  estimatePx: number
  children: (item: T) => ReactNode
  /** Called when the end comes into sight; more may be loaded. */
  onEnd?: () => void
}

/** The same for a list of things at hand. */
export function VirtualList<T>({ label, items, keyOf, estimatePx, children, onEnd }: ListProps<T>) {
  const at = <R,>(index: number, use: (item: T) => R): R | undefined => {
    const item = items[index]
    return item === undefined ? undefined : use(item)
  }
  const [last, setLast] = useState(0)
  useEffect(() => {
    if (last >= items.length - 1) onEnd?.()
  }, [last, items.length, onEnd])
  return (
    <VirtualRows
      label={label}
      count={items.length}
      keyAt={(index) => at(index, keyOf) ?? index}
      estimatePx={estimatePx}
      onRange={(_, index) => setLast(index)}
    >
      {(index) => at(index, children)}
    </VirtualRows>
  )
}
