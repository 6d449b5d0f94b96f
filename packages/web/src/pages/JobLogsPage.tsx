import { pages } from '@firn/contract/paths'
import { Button } from '@mantine/core'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useJobAt } from '../api/use-job.ts'
import { useJobSearch } from '../api/use-job-search.ts'
import { jobName } from '../parts/jobs.ts'
import { BuildFound } from '../parts/log/BuildFound.tsx'
import { SearchForm } from '../parts/log/SearchForm.tsx'
import { EmptyPage } from '../ui/EmptyPage.tsx'
import { wordNumber } from '../ui/number-words.ts'
import { PageLink } from '../ui/PageLink.tsx'
import { PageHead } from '../ui/Section.tsx'
import { useTitle } from '../ui/title.ts'

const route = getRouteApi('/$site/$account/$project/jobs/$index/logs')
type At = { site: string; account: string; project: string }

/** Which builds of the job say this? */
export function JobLogsPage() {
  const { index, ...at } = route.useParams()
  const { q = '' } = route.useSearch()
  const job = useJobAt(at, index)
  const navigate = useNavigate()
  useTitle(`Logs of #${index} · ${at.project}`)
  const onSearch = (text: string) => {
    navigate({ to: '.', search: text === '' ? {} : { q: text }, replace: true }).catch(() => {})
  }
  return (
    <>
      <PageHead title="Search the logs">
        <p>
          of all builds of{' '}
          <PageLink to={pages.job(at, job.index)}>
            {jobName(job)} #{job.index}
          </PageLink>
        </p>
      </PageHead>
      <SearchForm key={q} value={q} onSearch={onSearch} />
      {q === '' ? (
        <EmptyPage title="What to look for?">
          A word or a part of a line, whatever its case. Each build’s newest log is searched, also of builds that other
          jobs asked for first.
        </EmptyPage>
      ) : (
        <Results at={at} jobId={job.id} q={q} />
      )}
    </>
  )
}

function Results({ at, jobId, q }: { at: At; jobId: string; q: string }) {
  const { builds, searched, isSearching, isPaused, failed, searchOn } = useJobSearch(jobId, q)
  const logs = wordNumber(searched, 'log')
  return (
    <>
      <p role="status" className="dim">
        {failed ?? `${wordNumber(builds.length, 'build')} in ${logs}${isSearching ? ', searching …' : ''}`}
      </p>
      {builds.length === 0 && !isSearching && !failed && (
        <EmptyPage title="Found nowhere">
          No log of this job’s builds holds it. The log of the evaluation is not among them; it has a search of its own.
        </EmptyPage>
      )}
      {builds.map((build) => (
        <BuildFound key={build.logId} at={at} jobId={jobId} build={build} search={q.toLowerCase()} />
      ))}
      {(isPaused || failed) && (
        <Button variant="default" onClick={searchOn}>
          Search on
        </Button>
      )}
    </>
  )
}
