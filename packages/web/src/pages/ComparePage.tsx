import type { EvaluationDiff } from '@firn/contract/api/evaluation'
import type { Job } from '@firn/contract/api/job'
import { pages } from '@firn/contract/paths'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { api } from '../api/client.ts'
import { useJobAt } from '../api/use-job.ts'
import { SourceFacts } from '../parts/CommitRow.tsx'
import { BasePicker } from '../parts/compare/BasePicker.tsx'
import { Changes } from '../parts/compare/Changes.tsx'
import classes from '../parts/compare/compare.module.css'
import { countWords } from '../parts/compare/compare-words.ts'
import { AboutCommit } from '../parts/files/PositionLink.tsx'
import { jobName } from '../parts/jobs.ts'
import { firstLine } from '../parts/names.ts'
import { StateMark } from '../parts/StateMark.tsx'
import { jobState } from '../parts/state.ts'
import { EmptyPage } from '../ui/EmptyPage.tsx'
import { PageLink } from '../ui/PageLink.tsx'
import { PageHead } from '../ui/Section.tsx'
import { useTitle } from '../ui/title.ts'

const route = getRouteApi('/$site/$account/$project/jobs/$index/compare')
type At = { site: string; account: string; project: string }

/** So many jobs are offered to compare with. */
const offeredMax = 50

/** What does this job have that the other has not? What began to fail with it? */
export function ComparePage() {
  const { index, ...at } = route.useParams()
  const { baseId } = route.useSearch()
  const navigate = useNavigate()
  const { id } = useJobAt(at, index)
  const job = useSuspenseQuery(api.jobs.get.queryOptions({ input: { id } })).data
  const others = useOthers(job)
  const onPick = (picked: string) => {
    navigate({ to: '.', search: { baseId: picked }, replace: true, resetScroll: false }).catch(() => {})
  }
  const chosen = baseId ?? others.find((it) => it.index < job.index)?.id
  useTitle(`#${job.index} compared · ${at.project}`)
  if (chosen === undefined) return <NothingToCompare at={at} job={job} others={others} onPick={onPick} />
  return <Comparison at={at} job={job} baseId={chosen} others={others} onPick={onPick} />
}

/** The newest other jobs of the same handler. */
function useOthers({ id, projectId, jobType, jobName }: Job): Job[] {
  const ofHandler = { handler: jobType, ...(jobName !== null && { name: jobName }) }
  const input = { id: projectId, limit: offeredMax, ...ofHandler }
  const { items } = useSuspenseQuery(api.projects.jobs.queryOptions({ input })).data
  return items.filter((it) => it.id !== id)
}

type Props = { at: At; job: Job; others: readonly Job[]; onPick: (jobId: string) => void }

function Comparison({ at, job, baseId, others, onPick }: Props & { baseId: string }) {
  const base = useSuspenseQuery(api.jobs.get.queryOptions({ input: { id: baseId } })).data
  const project = useSuspenseQuery(api.projects.bySite.queryOptions({ input: at })).data
  const diff = useSuspenseQuery(api.jobs.compare.queryOptions({ input: { id: job.id, baseJobId: baseId } })).data
  return (
    <>
      <PageHead title={`What ${jobName(job)} #${job.index} changes`}>
        <p>
          <Sentence at={at} diff={diff} base={base} />
        </p>
        {[base, job].some(isEvaluating) && (
          <p className="dim">
            One of the two is still being evaluated: what it has not found yet counts as missing there.
          </p>
        )}
        <dl className={classes.sides}>
          <Side at={at} name="before" job={base} />
          <Side at={at} name="after" job={job} />
        </dl>
        <BasePicker base={base} jobs={others} onPick={onPick} />
      </PageHead>
      <AboutCommit commit={{ project, rev: job.source.revision }}>
        <Changes at={at} diff={diff} />
      </AboutCommit>
    </>
  )
}

const isEvaluating = (job: Job) => job.jobPhase === 'Queued' || job.jobPhase === 'Evaluating'

function Sentence({ at, diff, base }: { at: At; diff: EvaluationDiff; base: Job }) {
  const words = countWords(diff)
  const against = <PageLink to={pages.job(at, base.index)}>#{base.index}</PageLink>
  return (
    <>
      {words.charAt(0).toUpperCase() + words.slice(1)} against {against}.
    </>
  )
}

function Side({ at, name, job }: { at: At; name: string; job: Job }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <p>
          <StateMark state={jobState(job)} quiet /> <PageLink to={pages.job(at, job.index)}>#{job.index}</PageLink>{' '}
          {firstLine(job.source.message)}
        </p>
        <SourceFacts at={at} source={job.source} since={job.startTime} />
      </dd>
    </div>
  )
}

function NothingToCompare({ at, job, others, onPick }: Props) {
  return (
    <>
      <PageHead title={`What ${jobName(job)} #${job.index} changes`}>
        <BasePicker base={undefined} jobs={others} onPick={onPick} />
      </PageHead>
      <EmptyPage title="No earlier job to compare with">
        <p>
          This is the first job of its kind. <PageLink to={pages.job(at, job.index)}>Back to the job</PageLink>
        </p>
      </EmptyPage>
    </>
  )
}
