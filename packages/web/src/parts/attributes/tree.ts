import type { AttributeRow } from '@firn/contract/api/evaluation'
import { attributeState, byUrgency, type State } from '../state.ts'

/** A line of the tree: a set that folds, or an attribute. `label` is the part of the path below the set. */
export type TreeLine =
  | { kind: 'set'; key: string; depth: number; label: string[]; count: number; state: State; open: boolean }
  | { kind: 'attribute'; key: string; depth: number; label: string[]; row: AttributeRow }

type AttributeSet = { sets: Map<string, AttributeSet>; rows: AttributeRow[] }

const emptySet = (): AttributeSet => ({ sets: new Map(), rows: [] })

/** Key of a set for folding: an unambiguous text of its path. */
export const keyOfPath = (path: readonly string[]) => JSON.stringify(path)

/** The tree of attributes as lines from top to bottom; sets with one entry are drawn together with it. */
export function treeLines(rows: readonly AttributeRow[], closed: ReadonlySet<string>): TreeLine[] {
  const root = emptySet()
  for (const row of rows) setOf(root, row.path.slice(0, -1)).rows.push(row)
  const lines: TreeLine[] = []
  draw(root, { path: [], label: [], depth: 0, lines, closed })
  return lines
}

function setOf(root: AttributeSet, path: readonly string[]): AttributeSet {
  let at = root
  for (const name of path) {
    const next = at.sets.get(name) ?? emptySet()
    at.sets.set(name, next)
    at = next
  }
  return at
}

type Place = { path: string[]; label: string[]; depth: number; lines: TreeLine[]; closed: ReadonlySet<string> }

function draw(set: AttributeSet, { path, label, depth, lines, closed }: Place): void {
  const [only] = set.sets
  if (only && set.sets.size === 1 && set.rows.length === 0) {
    const [name, inner] = only
    draw(inner, { path: [...path, name], label: [...label, name], depth, lines, closed })
    return
  }
  const key = keyOfPath(path)
  const open = !closed.has(key)
  const below = label.length === 0 ? depth : depth + 1
  if (label.length > 0) lines.push({ kind: 'set', key, depth, label, open, ...summary(set) })
  if (!open) return
  for (const [name, inner] of set.sets)
    draw(inner, { path: [...path, name], label: [name], depth: below, lines, closed })
  for (const row of set.rows)
    lines.push({ kind: 'attribute', key: `a${keyOfPath(row.path)}`, depth: below, label: row.path.slice(-1), row })
}

function summary(set: AttributeSet): { count: number; state: State } {
  const inner = [...set.sets.values()].map(summary)
  const states = [...inner.map((it) => it.state), ...set.rows.map((row) => attributeState(row.state))]
  return {
    count: set.rows.length + inner.reduce((sum, it) => sum + it.count, 0),
    state: states.toSorted(byUrgency)[0] ?? 'succeeded',
  }
}

/** How many names two paths have in common from the outside in. */
export function sharedPrefix(before: readonly string[] | undefined, path: readonly string[]): number {
  let n = 0
  while (before && n < path.length - 1 && before[n] === path[n]) n++
  return n
}
