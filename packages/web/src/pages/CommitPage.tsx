import { pages } from '@firn/contract/paths'
import { cleanLog } from '@firn/core/log/clean'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { api } from '../api/client.ts'
import { SourceFacts } from '../parts/CommitRow.tsx'
import { JobRow } from '../parts/JobRow.tsx'
import { worstState } from '../parts/jobs.ts'
import { firstLine, shortRev, shown } from '../parts/names.ts'
import { StateMark } from '../parts/StateMark.tsx'
import { PageLink } from '../ui/PageLink.tsx'
import { PageHead, Section } from '../ui/Section.tsx'
import { useTitle } from '../ui/title.ts'
import classes from './commit.module.css'

const route = getRouteApi('/$site/$account/$project/commits/$rev')

/** What became of a push: the configuration and all jobs that it announced. */
export function CommitPage() {
  const { rev, ...at } = route.useParams()
  const project = useSuspenseQuery(api.projects.bySite.queryOptions({ input: at })).data
  const commit = useSuspenseQuery(api.firn.commit.queryOptions({ input: { id: project.id, rev } })).data
  const [first] = commit.jobs
  const [title, ...rest] = (first?.source.message ?? '').trim().split('\n')
  useTitle(`${shortRev(rev)} ${project.displayName}`)
  return (
    <>
      <PageHead title={firstLine(title ?? '')}>
        <p>
          <StateMark state={worstState(commit.jobs) ?? 'waiting'} /> {shown(commit.because)}
        </p>
        {first && <SourceFacts at={at} source={first.source} since={first.startTime} />}
      </PageHead>
      {rest.join('').trim() !== '' && <pre className={classes.message}>{cleanLog(rest.join('\n').trim())}</pre>}
      <Section title="Jobs of this commit" aside={!commit.finished && 'not finished'}>
        <div className={classes.jobs}>
          {commit.jobs.map((job) => (
            <JobRow key={job.id} at={at} job={job} />
          ))}
        </div>
        <p>
          <PageLink to={pages.project(at)}>All jobs of {project.displayName}</PageLink>
          {' · '}
          <PageLink to={pages.file(at, rev, '')}>Files of this commit</PageLink>
        </p>
      </Section>
    </>
  )
}
