import { pages } from '@firn/contract/paths'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { api } from '../api/client.ts'
import { ProjectRow } from '../parts/ProjectRow.tsx'
import { EmptyPage } from '../ui/EmptyPage.tsx'
import { wordNumber } from '../ui/number-words.ts'
import { PageLink } from '../ui/PageLink.tsx'
import { PageHead } from '../ui/Section.tsx'
import { useTitle } from '../ui/title.ts'
import { VirtualList } from '../ui/VirtualList.tsx'

const route = getRouteApi('/$site/$account')

/** The projects of one account. */
export function AccountPage() {
  const at = route.useParams()
  const account = useSuspenseQuery(api.accounts.bySite.queryOptions({ input: at })).data
  const rows = useSuspenseQuery(api.jobs.list.queryOptions({ input: { ...at, latest: 20 } })).data
  useTitle(account.displayName)
  return (
    <>
      <PageHead title={account.displayName}>
        <p>
          {wordNumber(rows.length, 'project')} · <PageLink to={pages.agents(at)}>agents</PageLink> ·{' '}
          <PageLink to={pages.addRepository(at)}>add a repository</PageLink>
        </p>
      </PageHead>
      {rows.length === 0 ? (
        <EmptyPage title="No project yet" command={`git push ${location.origin}/git/${at.site}/NAME.git main`}>
          The first push makes the project. In your repository, with its name instead of NAME:
        </EmptyPage>
      ) : (
        <VirtualList label="Projects" items={rows} keyOf={(row) => row.project.id} estimatePx={64}>
          {(row) => <ProjectRow project={row.project} jobs={row.jobs} />}
        </VirtualList>
      )}
    </>
  )
}
