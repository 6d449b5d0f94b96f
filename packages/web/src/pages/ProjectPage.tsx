import type { Job } from '@firn/contract/api/job'
import type { Project } from '@firn/contract/api/project'
import { pages } from '@firn/contract/paths'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import { api } from '../api/client.ts'
import { useProjectJobs } from '../api/use-project-jobs.ts'
import { CommitRow } from '../parts/CommitRow.tsx'
import { groupByCommit } from '../parts/jobs.ts'
import { shortRef } from '../parts/names.ts'
import { ProjectHead } from '../parts/project/ProjectHead.tsx'
import { CopyBlock } from '../ui/CopyText.tsx'
import { EmptyPage } from '../ui/EmptyPage.tsx'
import { useHeld } from '../ui/held.ts'
import { NewAbove } from '../ui/NewAbove.tsx'
import { PageLink } from '../ui/PageLink.tsx'
import { Section } from '../ui/Section.tsx'
import { useTitle } from '../ui/title.ts'
import { VirtualList } from '../ui/VirtualList.tsx'

/** A job of a commit that is shown already takes its place beside the others; only new commits wait above. */
const commitOf = (job: Job) => `${job.source.revision} ${job.source.ref}`

const route = getRouteApi('/$site/$account/$project')

/** How is main? Where is my push? */
export function ProjectPage() {
  const at = route.useParams()
  const { ref } = route.useSearch()
  const project = useSuspenseQuery(api.projects.bySite.queryOptions({ input: at })).data
  useTitle(project.displayName)
  return (
    <>
      <ProjectHead project={project} current="Jobs" />
      <Section title="Jobs by commit" aside={ref && <RefFilter at={at} of={ref} />}>
        <Jobs key={ref ?? ''} project={project} at={at} gitRef={ref} />
      </Section>
    </>
  )
}

type JobsProps = {
  project: Project
  at: { site: string; account: string; project: string }
  gitRef: string | undefined
}

function Jobs({ project, at, gitRef }: JobsProps) {
  const query = useProjectJobs(project.id, gitRef)
  const jobs = query.data.pages.flatMap((page) => page.items)
  const { shown, held, show } = useHeld(jobs, commitOf)
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) fetchNextPage().catch(() => {})
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  if (jobs.length === 0) return <NoJobs project={project} gitRef={gitRef} />
  return (
    <>
      <NewAbove count={held} onShow={show} />
      <VirtualList label="Commits" items={groupByCommit(shown)} keyOf={(it) => it.key} estimatePx={76} onEnd={onEnd}>
        {(group) => <CommitRow at={at} group={group} among={jobs} />}
      </VirtualList>
      {isFetchingNextPage && <p role="status">Loading older jobs …</p>}
    </>
  )
}

function RefFilter({ at, of }: { at: JobsProps['at']; of: string }) {
  return (
    <>
      only {shortRef(of)} · <PageLink to={pages.project(at)}>show all</PageLink>
    </>
  )
}

function NoJobs({ project, gitRef }: { project: Project; gitRef: string | undefined }) {
  if (gitRef) return <EmptyPage title={`No job on ${shortRef(gitRef)}`}>Jobs come with the next push to it.</EmptyPage>
  if (project.remoteURL !== null) return <NotSeen project={project} />
  const remote = project.httpURL
  return (
    <EmptyPage title="No job yet">
      <p>Each push makes one. {remote && 'In your repository:'}</p>
      {remote && <CopyBlock text={`git push ${remote} main`} label="the command" />}
    </EmptyPage>
  )
}

/** Of a repository elsewhere: what stands in the way of the first job, if anything does. */
function NotSeen({ project }: { project: Project }) {
  const { seenAt, error } = useSuspenseQuery(api.firn.repository.queryOptions({ input: { id: project.id } })).data
  return (
    <EmptyPage title="No job yet">
      {error === null && seenAt === null && 'The repository is looked at for the first time just now.'}
      {error === null &&
        seenAt !== null &&
        'The repository has no branch yet, or none that moved. Each push to it makes a job.'}
      {error !== null && 'Jobs come once it can be read.'}
    </EmptyPage>
  )
}
