import type { Repository } from '@firn/contract/api/repository'
import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import { Ago } from '../../ui/Ago.tsx'
import { CopyBlock } from '../../ui/CopyText.tsx'
import { RefusalNote } from '../../ui/RefusalNote.tsx'
import classes from './repository.module.css'
import { pokeScript } from './repository-words.ts'

type Props = { projectId: string; repository: Repository }

/** How the repository's host may tell at once that something moved, instead of being asked. */
export function PokeSecrets({ projectId, repository }: Props) {
  const queries = useQueryClient()
  const show = (now: Repository) => {
    queries.setQueryData(api.firn.repository.queryKey({ input: { id: projectId } }), now)
  }
  const create = useMutation(api.firn.createPokeSecret.mutationOptions({ onSuccess: (made) => show(made.repository) }))
  const remove = useMutation(api.firn.deletePokeSecret.mutationOptions({ onSuccess: show }))
  return (
    <>
      <p>
        Its host can tell Firn of a push at once, by a signed request. Two secrets are good at a time, so that one can
        be replaced; a third takes the place of the oldest.
      </p>
      {repository.pokeSecrets.map((secret, i) => (
        <div key={secret.id} className={classes.row}>
          <span className="dim">
            secret {repository.pokeSecrets.length - i}, made <Ago at={secret.createdAt} />
          </span>
          <Button
            variant="default"
            size="compact-sm"
            aria-label={`Delete secret ${repository.pokeSecrets.length - i}`}
            onClick={() => remove.mutate({ id: projectId, secretId: secret.id })}
          >
            Delete
          </Button>
        </div>
      ))}
      <div>
        <Button variant="default" loading={create.isPending} onClick={() => create.mutate({ id: projectId })}>
          Make a secret
        </Button>
      </div>
      {create.data && (
        <>
          <p role="status">This secret is shown once. In the environment of the script, as FIRN_POKE_SECRET:</p>
          <CopyBlock text={create.data.secret} label="the secret" />
          <p>The script, for example as a hook after pushes:</p>
          <CopyBlock text={pokeScript(repository.pokeUrl)} label="the script" />
        </>
      )}
      <RefusalNote error={create.error ?? remove.error} />
    </>
  )
}
