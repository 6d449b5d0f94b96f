import { pages } from '@firn/contract/paths'
import { useRouter } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'

/** Elements that `j` and `k` walk over carry `data-row`; the search field of a page carries `data-search`. */
const rowSelector = '[data-row]'

/** The keyboard: `/` search, `j k` rows, `g h` home, `g o` operations, `?` help. Enter opens, since rows are links. */
export function useKeys(onHelp: () => void): void {
  const router = useRouter()
  // Outlives the effect: the page may be drawn anew between two keys of a pair.
  const afterG = useRef(false)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      const wasAfterG = afterG.current
      afterG.current = event.key === 'g'
      if (wasAfterG && event.key === 'h') router.history.push('/')
      else if (wasAfterG && event.key === 'o') router.history.push(pages.operations())
      else if (event.key === 'j') moveRow(1)
      else if (event.key === 'k') moveRow(-1)
      else if (event.key === '/') focusSearch()
      else if (event.key === '?') onHelp()
      else return
      event.preventDefault()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [router, onHelp])
}

/** Whether keys go into a text, so that they mean letters. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

function focusSearch(): void {
  const field = document.querySelector('[data-search]')
  if (!(field instanceof HTMLInputElement)) return
  field.focus()
  field.select()
}

function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll(rowSelector)].filter((it) => it instanceof HTMLElement)
  const at = rows.findIndex((row) => row.matches(':focus'))
  const next = at < 0 ? rows.find((row) => row.getBoundingClientRect().bottom > 0) : rows[at + step]
  next?.focus({ preventScroll: true })
  next?.scrollIntoView({ block: 'nearest' })
}
