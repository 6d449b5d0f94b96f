import type { AttributeRow, AttributeRows } from '@firn/contract/api/evaluation'
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query'
import { api } from '../../api/client.ts'

/** The server's largest page. */
const pageSize = 500
/** Up to so many attributes are loaded whole and drawn as a tree that folds; more are drawn as a list, page by page. */
export const treeMax = 2000

export type AttributeQuery = { jobId: string; state: string | undefined; search: string | undefined }
export type AttributePages = {
  total: number
  byState: AttributeRows['byState']
  /** All rows, where there are few enough for a tree. */
  all: AttributeRow[] | undefined
  rowAt: (index: number) => AttributeRow | undefined
  isPending: boolean
  error: Error | null
}

/** The attributes of a job as far as the rows from first to last need them; asked again when they change. */
export function useAttributePages(query: AttributeQuery, first: number, last: number): AttributePages {
  const head = useQuery({ ...pageOptions(query, 0), placeholderData: keepPreviousData })
  const total = head.data?.total ?? 0
  const isTree = total <= treeMax
  const from = isTree ? 0 : Math.floor(first / pageSize)
  const to = isTree ? Math.ceil(total / pageSize) - 1 : Math.floor(last / pageSize)
  const wanted = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
  const answers = useQueries({ queries: wanted.map((page) => pageOptions(query, page)) })
  const pages = new Map(wanted.map((page, i) => [page, answers[i]?.data?.items]))
  const rowAt = (index: number) => pages.get(Math.floor(index / pageSize))?.[index % pageSize]
  return {
    total,
    byState: head.data?.byState ?? {},
    all: isTree ? wanted.flatMap((page) => pages.get(page) ?? (page === 0 ? (head.data?.items ?? []) : [])) : undefined,
    rowAt,
    isPending: head.isPending,
    error: head.error,
  }
}

function pageOptions({ jobId, state, search }: AttributeQuery, page: number) {
  const filter = { ...(state && { state }), ...(search && { search }) }
  return api.firn.attributes.queryOptions({ input: { id: jobId, offset: page * pageSize, limit: pageSize, ...filter } })
}
