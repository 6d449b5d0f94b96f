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

/** Changed settings are saved in two steps, of which the first shows what they remove. */
function RetentionForm({ accountId, saved }: { accountId: string; saved: Retention }) {
  const [text, setText] = useState<DaysText>(showDays(saved))
  const [shown, setShown] = useState(saved)
  const mayWrite = useVisitor()?.mayWrite === true
  const queries = useQueryClient()
  const preview = useQuery(api.firn.previewRetention.queryOptions({ input: { id: accountId, ...given(shown) } }))
  const save = useMutation(
    api.firn.changeRetention.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: api.firn.retention.key() }),
    }),
  )
  const wanted = readDays(text)
  const isChanged = wanted !== undefined && !isSame(wanted, saved)
  const isShown = wanted !== undefined && isSame(wanted, shown)
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (wanted === undefined) return
        if (isShown) save.mutate({ id: accountId, ...wanted })
        else setShown(wanted)
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
      <div role="status">{isShown && preview.data && <Removals removals={preview.data} isSaved={!isChanged} />}</div>
      {mayWrite && (
        <div>
          <Button
            type="submit"
            disabled={!isChanged || (isShown && preview.data === undefined)}
            loading={save.isPending || (isShown && isChanged && preview.isFetching)}
          >
            {isChanged && !isShown ? 'Show what this removes' : 'Save'}
          </Button>
        </div>
      )}
      <RefusalNote error={save.error ?? preview.error} />
    </form>
  )
}

/** What is kept for ever is not asked about. */
function given(retention: Retention): Partial<Record<keyof Retention, number>> {
  return Object.fromEntries(Object.entries(retention).filter(([, days]) => days !== null))
}
