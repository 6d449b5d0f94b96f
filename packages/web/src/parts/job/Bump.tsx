import type { Job } from '@firn/contract/api/job'
import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import { RefusalNote } from '../../ui/RefusalNote.tsx'

/** Puts a job that waits or runs before all others. */
export function Bump({ job }: { job: Job }) {
  const bump = useMutation(api.firn.bumpJob.mutationOptions())
  if (!job.mayRerun || job.jobPhase === 'Done') return null
  const isFirst = job.isBumped || bump.isSuccess
  return (
    <>
      <Button
        variant="default"
        disabled={isFirst}
        loading={bump.isPending}
        onClick={() => bump.mutate({ id: job.id })}
        title="What it waits for is built before what other jobs wait for."
      >
        {isFirst ? 'Comes first' : 'Do this first'}
      </Button>
      <RefusalNote error={bump.error} />
    </>
  )
}
