import type { Job } from '@firn/contract/api/job'
import { pages } from '@firn/contract/paths'
import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { api } from '../../api/client.ts'
import { RefusalNote } from '../../ui/RefusalNote.tsx'

type At = { site: string; account: string; project: string }

/** Runs the same commit again as a new job, and opens its page. */
export function Rerun({ at, job }: { at: At; job: Job }) {
  const router = useRouter()
  const rerun = useMutation(
    api.jobs.rerun.mutationOptions({ onSuccess: (next) => router.history.push(pages.job(at, next.index)) }),
  )
  if (!job.mayRerun) return null
  const run = (rebuildFailures: boolean) => rerun.mutate({ id: job.id, rebuildFailures })
  return (
    <>
      {job.derivationStatus === 'Failure' && (
        <Button variant="default" loading={rerun.isPending} onClick={() => run(true)}>
          Run again and build failures anew
        </Button>
      )}
      <Button variant="default" loading={rerun.isPending} onClick={() => run(false)}>
        Run again
      </Button>
      <RefusalNote error={rerun.error} />
    </>
  )
}
