import type { Account } from '@firn/contract/api/account'
import type { Retention } from '@firn/contract/api/operations'
import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useVisitor } from '../../api/use-visitor.ts'
import { RefusalNote } from '../../ui/RefusalNote.tsx'
import { Section } from '../../ui/Section.tsx'
import { type DaysText, fieldProblem, readDays, showDays } from './days-text.ts'
import { Removals } from './Removals.tsx'
import classes from './retention.module.css'

const fields: readonly { key: keyof Retention; label: string; sentence: string }[] = [
  {
    key: 'jobDays',
    label: 'Jobs',
    sentence:
      'Of each branch the newest push and the newest green one stay, as does what is not done. Builds go with the last job that had them.',
  },
  { key: 'logDays', label: 'Logs', sentence: 'Those of pushes that stay and of failures that a job shows stay.' },
  {
    key: 'failureDays',
    label: 'Failures',
    sentence: 'Of builds that no job shows any more. A failure that is forgotten is built again when it is asked for.',
  },
]

/** After how many days things are removed, with what that would remove, before it is saved. */
export function RetentionOfAccount({ account }: { account: Account }) {
  const saved = useQuery(api.firn.retention.queryOptions({ input: { id: account.id } })).data
  return (
    <Section title={`What is kept of ${account.displayName}`}>
      {saved && <RetentionForm key={JSON.stringify(saved)} accountId={account.id} saved={saved} />}
    </Section>
  )
}

const isSame = (one: Retention, other: Retention) => JSON.stringify(one) === JSON.stringify(other)

/** Settings are saved in two steps, of which the first shows what they remove: to count that is work for the database. */
function RetentionForm({ accountId, saved }: { accountId: string; saved: Retention }) {
  const [text, setText] = useState<DaysText>(showDays(saved))
  const [shown, setShown] = useState<Retention>()
  const mayWrite = useVisitor()?.mayWrite === true
  const preview = usePreview(accountId, shown)
  const save = useSave()
  const wanted = readDays(text)
  const isShown = wanted !== undefined && shown !== undefined && isSame(wanted, shown)
  const found = isShown ? preview.data : undefined
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (wanted === undefined) return
        if (found === undefined) setShown(wanted)
        else save.mutate({ id: accountId, ...wanted })
      }}
    >
      {fields.map(({ key, label, sentence }) => (
        <TextInput
          key={key}
          label={`${label}: days they are kept`}
          description={sentence}
          placeholder="for ever"
          inputMode="numeric"
          readOnly={!mayWrite}
          value={text[key]}
          error={fieldProblem(text[key])}
          onChange={(event) => setText({ ...text, [key]: event.currentTarget.value })}
        />
      ))}
      <div role="status">{found && <Removals removals={found} />}</div>
      <div>
        {found === undefined ? (
          <Button
            type="submit"
            variant="default"
            disabled={wanted === undefined}
            loading={isShown && preview.isFetching}
          >
            Show what this removes
          </Button>
        ) : (
          mayWrite && (
            <Button type="submit" disabled={isShown && isSame(saved, shown)} loading={save.isPending}>
              Save
            </Button>
          )
        )}
      </div>
      <RefusalNote error={save.error ?? preview.error} />
    </form>
  )
}

function usePreview(accountId: string, shown: Retention | undefined) {
  const input = { id: accountId, ...given(shown ?? {}) }
  return useQuery(api.firn.previewRetention.queryOptions({ input, enabled: shown !== undefined }))
}

function useSave() {
  const queries = useQueryClient()
  return useMutation(
    api.firn.changeRetention.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: api.firn.retention.key() }),
    }),
  )
}

/** What is kept for ever is not asked about. */
function given(retention: Partial<Retention>): Partial<Record<keyof Retention, number>> {
  return Object.fromEntries(Object.entries(retention).filter(([, days]) => days !== null))
}
