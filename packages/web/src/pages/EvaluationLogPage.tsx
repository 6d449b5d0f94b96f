import { pages } from '@firn/contract/paths'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { api } from '../api/client.ts'
import { useJobAt } from '../api/use-job.ts'
import { jobName } from '../parts/jobs.ts'
import { LogView } from '../parts/log/LogView.tsx'
import { StateMark } from '../parts/StateMark.tsx'
import { EmptyPage } from '../ui/EmptyPage.tsx'
import { PageLink } from '../ui/PageLink.tsx'
import { PageHead } from '../ui/Section.tsx'
import { useTitle } from '../ui/title.ts'

const route = getRouteApi('/$site/$account/$project/jobs/$index/evaluation/log')
const states = { Pending: 'running', Success: 'succeeded', Failure: 'failed' } as const

/** What Nix said while it evaluated the job. */
export function EvaluationLogPage() {
  const { index, ...at } = route.useParams()
  const { id } = useJobAt(at, index)
  const { job, evaluationLogId, evaluationAgent } = useSuspenseQuery(
    api.firn.jobOverview.queryOptions({ input: { id } }),
  ).data
  useTitle(`Evaluation log of #${index} · ${at.project}`)
  return (
    <>
      <PageHead title="Evaluation log">
        <p>
          <StateMark state={states[job.evaluationStatus]} /> of{' '}
          <PageLink to={pages.job(at, job.index)}>
            {jobName(job)} #{job.index}
          </PageLink>
          {evaluationAgent && <span className="dim"> on {evaluationAgent}</span>}
        </p>
      </PageHead>
      {evaluationLogId ? (
        <LogView
          logId={evaluationLogId}
          fileName={`${at.project}-${index}-evaluation.log`}
          failed={job.evaluationStatus === 'Failure'}
        />
      ) : (
        <EmptyPage title="No log yet">The evaluation has not begun; its log appears here as it is written.</EmptyPage>
      )}
    </>
  )
}
