import {
  type CSSProperties,
  type ReactNode,
  type Ref,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
} from 'react'
import { type Fold, lineOfRow, rowOfLine, rowsOf } from './folds.ts'
import type { LogStore } from './log-store.ts'
import classes from './log-view.module.css'
import { rowPx, useLogScroll } from './use-log-scroll.ts'

/** Lines fetched before and after those that are seen. */
const marginRows = 200

export type LogLinesDoor = { goToLine: (line: number, fraction?: number) => void }

type Props = {
  store: LogStore
  total: number
  folds: readonly Fold[]
  wrap: boolean
  follow: boolean
  onLeaveEnd: () => void
  /** Told which line is at the top. */
  onTop: (line: number) => void
  door: Ref<LogLinesDoor>
  children: (line: number) => ReactNode
}

/** Numbers are as wide as the longest of them. */
type Spacer = CSSProperties & { '--digits': number }

/** The lines of a log in a window that scrolls, of which only those are drawn that can be seen. */
export function LogLines({ store, total, folds, wrap, follow, onLeaveEnd, onTop, door, children }: Props) {
  const scroller = useRef<HTMLElement>(null)
  const layer = useRef<HTMLDivElement>(null)
  const rows = rowsOf(total, folds)
  const { top, viewport, physical, onScroll, onScrollEnd, goToRow } = useLogScroll(scroller, {
    rows,
    wrap,
    follow,
    onLeaveEnd,
  })
  useImperativeHandle(door, () => ({ goToLine: (line, fraction) => goToRow(rowOfLine(line, folds), fraction) }))

  const visible = Math.ceil(viewport / rowPx) + 1
  const fromEnd = follow && wrap
  const spacer: Spacer = { height: physical, '--digits': String(total).length }
  const firstRow = fromEnd ? Math.max(0, rows - visible) : Math.floor(top / rowPx)
  const lines = Array.from({ length: Math.max(0, Math.min(visible, rows - firstRow)) }, (_, k) =>
    lineOfRow(firstRow + k, folds),
  )
  const first = lines[0] ?? 0
  useEffect(() => {
    const near = [firstRow - marginRows, firstRow, firstRow + visible, firstRow + visible + marginRows]
    const rowOf = (row: number) => lineOfRow(Math.min(rows - 1, Math.max(0, row)), folds)
    store.want([...near.map(rowOf), ...lines])
  })
  useEffect(() => onTop(first), [first, onTop])
  // How far the first line is scrolled out, in its own height: a wrapped one is higher than a row.
  useLayoutEffect(() => {
    const firstLine = layer.current?.firstElementChild
    if (!layer.current || !(firstLine instanceof HTMLElement)) return
    const part = fromEnd ? 0 : top / rowPx - firstRow
    layer.current.style.transform = `translateY(${-part * firstLine.offsetHeight}px)`
  })
  return (
    <section
      ref={scroller}
      className={classes.scroller}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label="Log"
      onScroll={onScroll}
      onScrollEnd={onScrollEnd}
      data-wrap={wrap || undefined}
    >
      <div className={classes.spacer} style={spacer}>
        <div className={classes.window} style={{ height: Math.min(viewport, physical) }}>
          <div ref={layer} className={classes.layer} data-from-end={fromEnd || undefined}>
            {lines.map((line) => children(line))}
          </div>
        </div>
      </div>
    </section>
  )
}
