import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { CopyBlock } from '../../ui/CopyText.tsx'
import { EmptyPage } from '../../ui/EmptyPage.tsx'
import { RefusalNote } from '../../ui/RefusalNote.tsx'
import { Section } from '../../ui/Section.tsx'
import classes from './add-agent.module.css'
import { agentCommands, agentToml, nixosLines } from './agent-toml.ts'

/** Makes a join token, shows it once, with all that the new machine needs. */
export function AddAgent({ accountId }: { accountId: string }) {
  const [description, setDescription] = useState('')
  const queries = useQueryClient()
  const create = useMutation(
    api.joinTokens.create.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: api.joinTokens.list.key() }),
    }),
  )
  if (create.data) return <NewToken token={create.data.token} onDone={() => create.reset()} />
  return (
    <Section title="Add an agent">
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault()
          create.mutate({ id: accountId, description: description.trim() })
        }}
      >
        <TextInput
          className={classes.field}
          label="What the join token is for"
          placeholder="farm in the cellar"
          required
          withAsterisk={false}
          maxLength={200}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <Button type="submit" loading={create.isPending} disabled={description.trim() === ''}>
          Make a join token
        </Button>
        <RefusalNote error={create.error} />
      </form>
      <p className="dim">One token serves any number of agents; each joins once and then has its own session.</p>
    </Section>
  )
}

/** The same for one who may only read. */
export function AddAgentUnsigned() {
  return (
    <EmptyPage title="Add an agent" command="npx firn sign-in">
      Adding one needs a sign-in: use the one-time link that ./up printed, or make a new one where Firn runs.
    </EmptyPage>
  )
}

function NewToken({ token, onDone }: { token: string; onDone: () => void }) {
  const server = useQuery(api.clientInfo.queryOptions()).data?.apiBaseUrl ?? location.origin
  return (
    <Section title="Add an agent">
      <div className={classes.steps}>
        <p role="status">This token is shown once. Whoever has it can add agents to this account.</p>
        <CopyBlock text={token} label="the join token" />
        <p>
          On the new machine, a file <code>agent.toml</code>:
        </p>
        <CopyBlock text={agentToml(server)} label="agent.toml" />
        <p>Then, in a checkout of Firn:</p>
        <CopyBlock text={agentCommands(token)} label="the commands" />
        <details>
          <summary>On NixOS, with hercules-ci-agent's own module</summary>
          <CopyBlock text={nixosLines(server)} label="the NixOS lines" />
        </details>
        <div>
          <Button variant="default" onClick={onDone}>
            I have kept it
          </Button>
        </div>
      </div>
    </Section>
  )
}
