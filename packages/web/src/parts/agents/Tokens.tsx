import type { AgentSession } from '@firn/contract/api/agents'
import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { Ago } from '../../ui/Ago.tsx'
import { wordNumber } from '../../ui/number-words.ts'
import { RefusalNote } from '../../ui/RefusalNote.tsx'
import { Section } from '../../ui/Section.tsx'
import classes from './queue.module.css'

type Props = { accountId: string; agents: readonly AgentSession[] }

/** The join tokens there are, and of those that were deleted the ones whose agents are still there. */
export function Tokens({ accountId, agents }: Props) {
  const tokens = useQuery({
    ...api.joinTokens.list.queryOptions({ input: { id: accountId, all: true } }),
    retry: false,
  })
  const queries = useQueryClient()
  const [asked, setAsked] = useState<string>()
  const remove = useMutation(
    api.joinTokens.delete.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: api.joinTokens.list.key() }),
    }),
  )
  const revoke = useMutation(
    api.firn.revokeJoinToken.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: api.joinTokens.list.key() }),
    }),
  )
  const shown = tokens.data?.filter(
    (token) => token.revocation === null || agents.some((it) => it.online && it.clusterJoinTokenId === token.id),
  )
  if (!shown || shown.length === 0) return null
  return (
    <Section title="Join tokens">
      <ul className={`${classes.queue} ${classes.tokens}`}>
        {shown.map((token) => (
          <li key={token.id}>
            <span>
              {token.description}{' '}
              <span className="dim">
                {wordNumber(agents.filter((it) => it.clusterJoinTokenId === token.id).length, 'agent')}
              </span>
            </span>
            <span className="dim">
              made <Ago at={token.creationTime} />
              {token.revocation && (
                <>
                  , deleted <Ago at={token.revocation} />
                </>
              )}
            </span>
            {asked === token.id ? (
              <>
                {token.revocation === null && (
                  <Button
                    variant="default"
                    size="compact-sm"
                    onClick={() => remove.mutate({ id: accountId, tokenId: token.id })}
                  >
                    Delete: no new agent can join with it
                  </Button>
                )}
                <Button
                  variant="default"
                  size="compact-sm"
                  onClick={() => revoke.mutate({ id: accountId, tokenId: token.id })}
                >
                  Revoke: its agents are sent away too
                </Button>
              </>
            ) : (
              <Button
                variant="default"
                size="compact-sm"
                onClick={() => setAsked(token.id)}
                aria-label={`${token.revocation === null ? 'Delete' : 'Revoke'} ${token.description}`}
              >
                {token.revocation === null ? 'Delete' : 'Revoke'}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <RefusalNote error={remove.error ?? revoke.error} />
    </Section>
  )
}
