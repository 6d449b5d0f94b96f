import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useCallback, useState } from 'react'
import { wordRefusal } from '../../api/refusal.ts'
import { wordCount, wordNumber } from '../../ui/number-words.ts'
import { Section } from '../../ui/Section.tsx'
import { toggled } from '../../ui/toggled.ts'
import { VirtualRows } from '../../ui/VirtualList.tsx'
import { AttributeLine, SetLine } from './AttributeLine.tsx'
import classes from './attributes.module.css'
import { StateFilter } from './StateFilter.tsx'
import { sharedPrefix, treeLines } from './tree.ts'
import { type AttributePages, useAttributePages } from './use-attribute-pages.ts'

export type Filter = { state?: string; name?: string }
type At = { site: string; account: string }
type Props = { at: At; jobId: string; filter: Filter; onFilter: (filter: Filter) => void; emptyBecause: string }

const typingMs = 200
const rowPx = 31

/** All attributes of a job: as a tree that folds where they are few, as a long list where they are many. */
export function Attributes({ at, jobId, filter, onFilter, emptyBecause }: Props) {
  const [[first, last], setRange] = useState<readonly [number, number]>([0, 0])
  const pages = useAttributePages({ jobId, state: filter.state, search: filter.name }, first, last)
  const onRange = useCallback((from: number, to: number) => setRange([from, to]), [])
  const isFiltered = filter.state !== undefined || filter.name !== undefined
  const found = Object.values(pages.byState).reduce((sum, n) => sum + n, 0)
  return (
    <Section
      title="Attributes"
      aside={isFiltered ? `${wordCount(pages.total)} of ${wordCount(found)}` : wordCount(found)}
    >
      <div className={classes.filters}>
        <StateFilter
          byState={pages.byState}
          chosen={filter.state}
          onChoose={(state) => onFilter({ ...(state && { state }), ...(filter.name && { name: filter.name }) })}
        />
        <NameFilter filter={filter} onFilter={onFilter} />
      </div>
      {pages.total === 0 ? (
        <p className="dim">{emptyWords(pages, isFiltered, emptyBecause)}</p>
      ) : pages.all ? (
        <Tree at={at} jobId={jobId} rows={pages.all} />
      ) : (
        <Flat at={at} jobId={jobId} pages={pages} onRange={onRange} />
      )}
    </Section>
  )
}

function emptyWords(pages: AttributePages, isFiltered: boolean, because: string): string {
  if (pages.isPending) return 'Loading …'
  if (pages.error) return wordRefusal(pages.error).text
  return isFiltered ? 'No attribute is like that.' : because
}

function NameFilter({ filter, onFilter }: Pick<Props, 'filter' | 'onFilter'>) {
  const [text, setText] = useState(filter.name ?? '')
  const apply = useDebouncedCallback((name: string) => {
    onFilter({ ...(filter.state && { state: filter.state }), ...(name.trim() !== '' && { name: name.trim() }) })
  }, typingMs)
  return (
    <TextInput
      className={classes.name}
      data-search=""
      type="search"
      aria-label="Filter by name or system"
      placeholder="Filter by name or system  /"
      value={text}
      maxLength={200}
      onChange={(event) => {
        setText(event.currentTarget.value)
        apply(event.currentTarget.value)
      }}
    />
  )
}

function Tree({ at, jobId, rows }: { at: At; jobId: string; rows: NonNullable<AttributePages['all']> }) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const lines = treeLines(rows, closed)
  const toggle = (key: string) => setClosed((before) => toggled(before, key))
  return (
    <VirtualRows label="Attributes" count={lines.length} keyAt={(i) => lines[i]?.key ?? i} estimatePx={rowPx}>
      {(i) => {
        const line = lines[i]
        if (!line) return null
        if (line.kind === 'set') return <SetLine line={line} onToggle={() => toggle(line.key)} />
        return <AttributeLine at={at} jobId={jobId} row={line.row} depth={line.depth} label={line.label} />
      }}
    </VirtualRows>
  )
}

type FlatProps = { at: At; jobId: string; pages: AttributePages; onRange: (first: number, last: number) => void }

function Flat({ at, jobId, pages, onRange }: FlatProps) {
  return (
    <>
      <p className="dim">
        {wordNumber(pages.total, 'attribute')}, in order of their paths; filter to see them as a tree.
      </p>
      <VirtualRows label="Attributes" count={pages.total} keyAt={(i) => i} estimatePx={rowPx} onRange={onRange}>
        {(i) => {
          const row = pages.rowAt(i)
          if (!row) return <div className={classes.loading}>…</div>
          const shared = sharedPrefix(pages.rowAt(i - 1)?.path, row.path)
          return <AttributeLine at={at} jobId={jobId} row={row} depth={0} label={row.path} shared={shared} />
        }}
      </VirtualRows>
    </>
  )
}
