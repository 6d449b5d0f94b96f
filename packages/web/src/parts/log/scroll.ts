/**
 * Scrolling further than a browser can: an element is at most some 17.9 M px high (Firefox), a million lines are
 * 20 M px. Lines live in a virtual height; the scroll bar has a physical one. Small movements move the lines by as
 * many pixels, large ones (a drag of the scroll bar, Home, End) jump to the same fraction.
 */
export type Heights = { viewport: number; virtual: number; physical: number }

const physicalMax = 8_000_000

export function heightsOf(rows: number, rowPx: number, viewport: number, overscroll = 0): Heights {
  const virtual = rows * rowPx + overscroll
  return { viewport, virtual, physical: Math.min(virtual, physicalMax) }
}

/** The greatest top that shows anything. */
export const topMax = ({ virtual, viewport }: Heights) => Math.max(0, virtual - viewport)
const barMax = ({ physical, viewport }: Heights) => Math.max(0, physical - viewport)

/** Where the scroll bar stands for a virtual top. */
export function barOf(top: number, heights: Heights): number {
  const max = topMax(heights)
  return max === 0 ? 0 : (clampTop(top, heights) / max) * barMax(heights)
}

export const clampTop = (top: number, heights: Heights) => Math.min(topMax(heights), Math.max(0, top))

/** The virtual top after the scroll bar moved from one place to another. */
export function topAfterScroll(top: number, bar: { from: number; to: number }, heights: Heights): number {
  const max = barMax(heights)
  if (bar.to <= 0 || max === 0) return 0
  if (bar.to >= max - 1) return topMax(heights)
  const moved = bar.to - bar.from
  if (heights.physical === heights.virtual || Math.abs(moved) > heights.viewport)
    return clampTop((bar.to / max) * topMax(heights), heights)
  return clampTop(top + moved, heights)
}
