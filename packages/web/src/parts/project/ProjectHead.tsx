import type { Project } from '@firn/contract/api/project'
import { pages } from '@firn/contract/paths'
import { useQuery } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import { useProjectJobs } from '../../api/use-project-jobs.ts'
import { PageTabs } from '../../ui/PageTabs.tsx'
import { PageHead } from '../../ui/Section.tsx'
import { addressOf } from '../address.ts'
import { headline, spokesman, worstState } from '../jobs.ts'
import { shortRef, shown } from '../names.ts'
import { StateMark } from '../StateMark.tsx'

/** What stands above each page of a project: its name, how its branch stands, and the pages that there are. */
export function ProjectHead({ project, current }: { project: Project; current: 'Jobs' | 'Settings' }) {
  const at = addressOf(project)
  const tabs = [
    { name: 'Jobs', to: pages.project(at) },
    { name: 'Settings', to: pages.settings(at) },
  ]
  return (
    <>
      <PageHead title={shown(project.displayName)}>
        <Headline project={project} />
        {project.remoteURL !== null && <Trouble project={project} />}
      </PageHead>
      <PageTabs label="Pages of the project" tabs={tabs} current={current} />
    </>
  )
}

/** Why nothing new comes from a repository elsewhere. */
function Trouble({ project }: { project: Project }) {
  const repository = useQuery(api.firn.repository.queryOptions({ input: { id: project.id } })).data
  if (!repository || repository.error === null) return null
  return (
    <p role="alert">
      <StateMark state="broken" /> {shown(repository.url)} could not be read: {shown(repository.error)}
    </p>
  )
}

function Headline({ project }: { project: Project }) {
  const jobs = useProjectJobs(project.id, undefined).data.pages.flatMap((page) => page.items)
  const head = headline(project, jobs)
  const job = head && spokesman(head.jobs)
  if (!head || !job) return null
  return (
    <p>
      <StateMark state={worstState(head.jobs) ?? 'waiting'} /> {shortRef(head.source.ref)}: {shown(job.because)}
    </p>
  )
}
