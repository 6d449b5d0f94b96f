import type { Home } from '@firn/contract/api/overview'
import { pages } from '@firn/contract/paths'
import { useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api/client.ts'
import { headline, worstState } from '../parts/jobs.ts'
import { ProjectRow } from '../parts/ProjectRow.tsx'
import { byUrgency } from '../parts/state.ts'
import { EmptyPage } from '../ui/EmptyPage.tsx'
import { useHeld } from '../ui/held.ts'
import { NewAbove } from '../ui/NewAbove.tsx'
import { wordNumber } from '../ui/number-words.ts'
import { PageLink } from '../ui/PageLink.tsx'
import { PageHead } from '../ui/Section.tsx'
import { useTitle } from '../ui/title.ts'
import { VirtualList } from '../ui/VirtualList.tsx'

type Row = Home['projects'][number]
const keyOf = (row: Row) => row.project.id

/** Is anything of mine red? What runs now? */
export function HomePage() {
  const { data } = useSuspenseQuery(api.firn.home.queryOptions())
  useTitle('')
  const rows = useOrdered(data.projects)
  const { shown, held, show } = useHeld(rows.ordered, keyOf)
  const onShow = () => {
    rows.again()
    show()
  }
  return (
    <>
      <PageHead title="Projects">
        <p>{sentence(data)}</p>
        {data.agentsOnline === 0 && <NoAgents rows={data.projects} />}
      </PageHead>
      {data.projects.length === 0 ? (
        <FirstProject remote={data.remoteTemplate} />
      ) : (
        <>
          <NewAbove count={held} onShow={onShow} />
          <VirtualList label="Projects" items={shown} keyOf={keyOf} estimatePx={64}>
            {(row) => <ProjectRow project={row.project} jobs={row.jobs} />}
          </VirtualList>
          <p className="dim">
            A new project:{' '}
            {data.remoteTemplate && (
              <>
                <code>git push {data.remoteTemplate} main</code>, with its name instead of NAME; or{' '}
              </>
            )}
            <AddRepository />
          </p>
        </>
      )}
    </>
  )
}

const stateOf = (row: Row) => worstState(headline(row.project, row.jobs)?.jobs ?? []) ?? 'not run'
const compare = (a: Row, b: Row) =>
  byUrgency(stateOf(a), stateOf(b)) || (b.jobs[0]?.startTime ?? '').localeCompare(a.jobs[0]?.startTime ?? '')

/** Red ones first, as they stood when the page was opened: rows change in place and do not move. */
function useOrdered(rows: readonly Row[]) {
  const [order, setOrder] = useState(() => rows.toSorted(compare).map(keyOf))
  const place = new Map(order.map((id, i) => [id, i]))
  const ordered = rows.toSorted((a, b) => (place.get(keyOf(a)) ?? -1) - (place.get(keyOf(b)) ?? -1))
  return { ordered, again: () => setOrder(rows.toSorted(compare).map(keyOf)) }
}

function sentence({ projects, agentsOnline }: Home): string {
  const states = projects.map(stateOf)
  const count = (...wanted: string[]) => states.filter((it) => wanted.includes(it)).length
  const red = count('failed', 'failing', 'broken')
  const running = count('running')
  const parts = [
    red === 0
      ? 'Nothing is red'
      : `${red} of ${wordNumber(projects.length, 'project')} ${red === 1 ? 'is' : 'are'} red`,
    running === 0 ? 'nothing runs' : `${running} ${running === 1 ? 'runs' : 'run'} now`,
    `${wordNumber(agentsOnline, 'agent')} online`,
  ]
  return `${parts.join(', ')}.`
}

function NoAgents({ rows }: { rows: readonly Row[] }) {
  const project = rows[0]?.project
  const to = project && pages.agents({ site: project.siteSlug, account: project.ownerSlug })
  return <p>Nothing can be built before an agent is online. {to && <PageLink to={to}>Add an agent</PageLink>}</p>
}

const local = { site: 'local', account: 'local' }

function AddRepository() {
  return <PageLink to={pages.addRepository(local)}>follow a repository that is elsewhere</PageLink>
}

function FirstProject({ remote }: { remote: string | null }) {
  const commands = remote && [`git remote add firn ${remote}`, 'git push firn main'].join('\n')
  return (
    <EmptyPage title="No project yet" command={commands ?? undefined}>
      <p>
        <AddRepository />
        {remote && ', or push one to Firn itself: the first push makes the project.'}
      </p>
      {remote && <p>In your repository, with a name of your choice instead of NAME:</p>}
    </EmptyPage>
  )
}
