import type { Repository } from '@firn/contract/api/repository'
import { wordDuration } from '@firn/core/status/time-words'
import { Button } from '@mantine/core'
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import { Ago } from '../../ui/Ago.tsx'
import { RefusalNote } from '../../ui/RefusalNote.tsx'
import { Facts, Section } from '../../ui/Section.tsx'
import { shown } from '../names.ts'
import { PokeSecrets } from './PokeSecrets.tsx'
import { RepositoryForm } from './RepositoryForm.tsx'
import classes from './repository.module.css'

type Props = { projectId: string; mayChange: boolean }

/** The repository elsewhere that a project follows: how looking at it goes, and what can be changed. */
export function RepositorySection({ projectId, mayChange }: Props) {
  const options = api.firn.repository.queryOptions({ input: { id: projectId } })
  const repository = useSuspenseQuery(options).data
  return (
    <Section title="Repository" aside={mayChange && <LookNow projectId={projectId} />}>
      <div className={classes.parts}>
        <Standing repository={repository} />
        {mayChange && <RepositoryForm key={repository.url} projectId={projectId} repository={repository} />}
        {mayChange && <PokeSecrets projectId={projectId} repository={repository} />}
      </div>
    </Section>
  )
}

function Standing({
  repository: { url, seenAt, error, pollEveryS, username, hasPassword },
}: {
  repository: Repository
}) {
  return (
    <>
      {error && (
        <p role="alert">
          The last look failed: {shown(error)} The next comes later after each failure; what moves meanwhile is found
          then.
        </p>
      )}
      <Facts
        facts={[
          [
            'Address',
            <span key="url" className={classes.address}>
              {shown(url)}
            </span>,
          ],
          ['Signs in', hasPassword ? `as ${shown(username ?? 'git')}` : 'not at all'],
          ['Looked at', `every ${wordDuration(pollEveryS * 1000)}`],
          ['Last seen', seenAt === null ? 'not yet' : <Ago key="seen" at={seenAt} />],
        ]}
      />
    </>
  )
}

function LookNow({ projectId }: { projectId: string }) {
  const queries = useQueryClient()
  const look = useMutation(
    api.firn.lookAtRepository.mutationOptions({
      onSuccess: (now) => {
        queries.setQueryData(api.firn.repository.queryKey({ input: { id: projectId } }), now)
      },
    }),
  )
  return (
    <>
      <Button
        variant="default"
        size="compact-sm"
        loading={look.isPending}
        onClick={() => look.mutate({ id: projectId })}
      >
        Look now
      </Button>
      <RefusalNote error={look.error} />
    </>
  )
}
