import type { Repository } from '@firn/contract/api/repository'
import { Button, NumberInput, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { RefusalNote } from '../../ui/RefusalNote.tsx'
import { LoginFields } from './LoginFields.tsx'
import classes from './repository.module.css'

type Props = { projectId: string; repository: Repository }

/** Changes where the repository is, how to sign in there, and how often it is looked at. */
export function RepositoryForm({ projectId, repository }: Props) {
  const [url, setUrl] = useState(repository.url)
  const [login, setLogin] = useState({ username: repository.username ?? '', password: '' })
  const [fileTemplate, setFileTemplate] = useState(repository.fileTemplate ?? '')
  const [pollEveryS, setPollEveryS] = useState<string | number>(repository.pollEveryS)
  const queries = useQueryClient()
  const change = useMutation(
    api.firn.changeRepository.mutationOptions({
      onSuccess: (now) => {
        setLogin((before) => ({ ...before, password: '' }))
        queries.setQueryData(api.firn.repository.queryKey({ input: { id: projectId } }), now)
      },
    }),
  )
  return (
    <details>
      <summary>Change it</summary>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault()
          change.mutate({
            id: projectId,
            url: url.trim(),
            username: login.username || null,
            pollEveryS: Number(pollEveryS),
            fileTemplate: fileTemplate.trim() || null,
            ...(login.password === '' ? {} : { password: login.password }),
          })
        }}
      >
        <TextInput label="Address" value={url} onChange={(event) => setUrl(event.currentTarget.value)} />
        <LoginFields
          url={url}
          entered={login}
          onEnter={setLogin}
          secretNote={
            repository.hasPassword
              ? 'Empty: the one that is there stays. At another host it is forgotten.'
              : 'There is none now.'
          }
        />
        <TextInput
          label="Link to a line of a file"
          description="Where the host shows it, with {owner}, {name}, {rev}, {path} and {line} for what differs. Empty: as GitHub, GitLab, Codeberg, Gitea, Forgejo, SourceHut and Bitbucket have it, if the host’s name says that it is one of these; else Firn shows the file."
          placeholder="https://git.example.org/{owner}/{name}/blob/{rev}/{path}#L{line}"
          value={fileTemplate}
          onChange={(event) => setFileTemplate(event.currentTarget.value)}
        />
        <NumberInput label="Seconds between looks" min={10} max={86_400} value={pollEveryS} onChange={setPollEveryS} />
        <div className={classes.row}>
          <Button type="submit" loading={change.isPending}>
            Save
          </Button>
          <span role="status" className="dim">
            {change.isSuccess && 'saved'}
          </span>
        </div>
        <RefusalNote error={change.error} />
      </form>
    </details>
  )
}
