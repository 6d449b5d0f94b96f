import { Refusal } from '@firn/base/refusal'
import { contract } from '@firn/contract/api/contract'
import { implement } from '@orpc/server'
import type { Person } from './people.ts'

/**
 * Who asks: a person with a session or a personal token; somebody on this machine, who may look around; or nobody.
 * Agents have routes of their own.
 */
export type Caller = { kind: 'person'; person: Person } | { kind: 'local' } | { kind: 'nobody' }

export type ApiContext = {
  caller: Caller
  signal?: AbortSignal | undefined
  /** Hears which operation answers. */
  called?: (operation: string) => void
}

const signInFirst = 'Sign in first: use the link that ./up printed, or make one with `npx firn sign-in`.'

export function mayRead(caller: Caller): boolean {
  return caller.kind !== 'nobody'
}

/** @throws Refusal unless the caller is a person */
export function personOf(caller: Caller): Person {
  if (caller.kind !== 'person') throw new Refusal('UNAUTHORIZED', signInFirst)
  return caller.person
}

/** The contract, to be implemented room by room: `anyone` answers everybody, `reader` and `writer` refuse others. */
export const anyone = implement(contract).$context<ApiContext>()

export const reader = anyone.use(({ context, next }) => {
  if (!mayRead(context.caller)) throw new Refusal('UNAUTHORIZED', signInFirst)
  return next()
})

export const writer = anyone.use(({ context, next }) => {
  personOf(context.caller)
  return next()
})
