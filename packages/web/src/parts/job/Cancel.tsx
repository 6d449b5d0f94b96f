import type { Job } from '@firn/contract/api/job'
import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import { RefusalNote } from '../../ui/RefusalNote.tsx'

/** Ends a job before its time; what other jobs need of it goes on. */
export function Cancel({ job }: { job: Job }) {
  const cancel = useMutation(api.jobs.cancel.mutationOptions())
  if (!job.mayCancel) return null
  return (
    <>
      <Button
        variant="default"
        loading={cancel.isPending}
        onClick={() => cancel.mutate({ id: job.id })}
        title="What other jobs need of it goes on."
      >
        Cancel
      </Button>
      <RefusalNote error={cancel.error} />
    </>
  )
}
