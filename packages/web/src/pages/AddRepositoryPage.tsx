import { pages } from '@firn/contract/paths'
import { Button, TextInput } from '@mantine/core'
import { useMutation, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../api/client.ts'
import { useVisitor } from '../api/use-visitor.ts'
import { addressOf } from '../parts/address.ts'
import { LoginFields } from '../parts/project/LoginFields.tsx'
import classes from '../parts/project/repository.module.css'
import { nameFrom } from '../parts/project/repository-words.ts'
import { EmptyPage } from '../ui/EmptyPage.tsx'
import { RefusalNote } from '../ui/RefusalNote.tsx'
import { PageHead } from '../ui/Section.tsx'
import { useTitle } from '../ui/title.ts'

const route = getRouteApi('/accounts/$site/$account/add-repository')

/** A repository that is elsewhere becomes a project. */
export function AddRepositoryPage() {
  const at = route.useParams()
  const account = useSuspenseQuery(api.accounts.bySite.queryOptions({ input: at })).data
  const mayWrite = useVisitor()?.mayWrite
  useTitle('Add a repository')
  return (
    <>
      <PageHead title="Add a repository">
        <p>Firn looks at it again and again, and builds what moves. It needs to read there, never to write.</p>
      </PageHead>
      {mayWrite === false ? (
        <EmptyPage title="Adding one needs a sign-in" command="npx firn sign-in">
          Use the one-time link that ./up printed, or make a new one where Firn runs.
        </EmptyPage>
      ) : (
        <Form accountId={account.id} />
      )}
    </>
  )
}

const nothing = { url: '', name: '', username: '', password: '' }

function Form({ accountId }: { accountId: string }) {
  const [entered, setEntered] = useState(nothing)
  const navigate = useNavigate()
  const add = useMutation(
    api.firn.addRepository.mutationOptions({
      onSuccess: (project) => navigate({ to: pages.project(addressOf(project)) }),
    }),
  )
  const enter = (field: keyof typeof nothing) => (event: { currentTarget: { value: string } }) => {
    const { value } = event.currentTarget
    setEntered((before) => ({ ...before, [field]: value }))
  }
  const name = entered.name || nameFrom(entered.url)
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault()
        const { url, username, password } = entered
        add.mutate({ id: accountId, url: url.trim(), name, username: username || null, password: password || null })
      }}
    >
      <TextInput
        label="Address"
        description="https://, http:// or ssh://; git@host:path is written ssh://git@host/path"
        placeholder="https://forge.example/team/widgets.git"
        required
        withAsterisk={false}
        value={entered.url}
        onChange={enter('url')}
      />
      <TextInput
        label="Name of the project"
        placeholder={nameFrom(entered.url) || 'widgets'}
        value={entered.name}
        onChange={enter('name')}
      />
      <LoginFields
        url={entered.url}
        entered={entered}
        onEnter={(login) => setEntered((before) => ({ ...before, ...login }))}
        secretNote="It is kept encrypted and never shown."
      />
      <div>
        <Button type="submit" loading={add.isPending} disabled={entered.url.trim() === '' || name === ''}>
          Add the repository
        </Button>
      </div>
      <RefusalNote error={add.error} />
    </form>
  )
}
