import { Button, Skeleton } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { wordRefusal } from '../api/refusal.ts'
import { CopyBlock } from '../ui/CopyText.tsx'
import { PageLink } from '../ui/PageLink.tsx'
import { PageHead } from '../ui/Section.tsx'
import { useTitle } from '../ui/title.ts'

/** While the server does not answer, the page asks again by itself. */
const askAgainMs = 5000

/** Instead of a page that could not be had: what happened, whose matter it is, and the next step. */
export function RefusalPage({ error, reset }: ErrorComponentProps) {
  const queries = useQueryClient()
  const router = useRouter()
  const refusal = wordRefusal(error)
  useTitle(refusal.title)
  const again = async () => {
    await queries.resetQueries({ predicate: (query) => query.state.status === 'error' })
    reset()
    await router.invalidate()
  }
  useEffect(() => {
    if (refusal.kind !== 'unreachable') return
    const timer = setTimeout(() => again().catch(() => {}), askAgainMs)
    return () => clearTimeout(timer)
  })
  return (
    <>
      <PageHead title={refusal.title}>
        <p>{refusal.text}</p>
        <p className="dim">{refusal.next}</p>
      </PageHead>
      {refusal.kind === 'sign-in' && <CopyBlock text="npx firn sign-in" label="the command" />}
      <div>
        <Button variant="default" onClick={again}>
          Try again
        </Button>
      </div>
    </>
  )
}

/** An address that no page has. */
export function NotFoundPage() {
  useTitle('Not found')
  return (
    <PageHead title="There is no page at this address">
      <p className="dim">It may be misspelt, or from another version of Firn.</p>
      <p>
        <PageLink to="/">All projects</PageLink>
      </p>
    </PageHead>
  )
}

/** Before the first answer; the room it takes is about that of a page's head. */
export function Loading() {
  return (
    <div role="status">
      <span className="visually-hidden">Loading</span>
      <Skeleton height={28} width="min(24rem, 70%)" mb="md" />
      <Skeleton height={16} width="min(36rem, 90%)" mb="xl" />
      <Skeleton height={160} />
    </div>
  )
}
