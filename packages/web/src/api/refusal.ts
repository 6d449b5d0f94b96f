import { ORPCError } from '@orpc/client'

/** What a page can do about an answer that is not the wanted one. */
export type RefusalKind = 'sign-in' | 'forbidden' | 'missing' | 'refused' | 'broken' | 'unreachable'

const kinds: Record<number, RefusalKind> = { 401: 'sign-in', 403: 'forbidden', 404: 'missing' }

type Body = { errorTags?: unknown; message?: unknown }

/** Reads the server's `{errorTags, message}` (hercules-ci.md 5.1.1); null lets oRPC read its own form. */
export function readRefusal(body: unknown, status: number): ORPCError<string, string[]> | null {
  if (typeof body !== 'object' || body === null) return null
  const { errorTags, message }: Body = body
  if (typeof message !== 'string' || !Array.isArray(errorTags)) return null
  const tags = errorTags.filter((it) => typeof it === 'string')
  return new ORPCError(tags[0] ?? 'REFUSED', { status, message, data: tags })
}

export type Refusal = { kind: RefusalKind; title: string; text: string; next: string }

/** What happened, whose matter it is, and the next step. Anything may be thrown at a page; this words all of it. */
export function wordRefusal(error: unknown): Refusal {
  if (error instanceof ORPCError) return wordAnswer(error.status, error.message)
  if (error instanceof TypeError)
    return {
      kind: 'unreachable',
      title: 'The server does not answer',
      text: 'The connection to Firn was refused or lost.',
      next: 'This page asks again by itself. If it stays so, look at the terminal where ./up runs.',
    }
  return {
    kind: 'broken',
    title: 'This page broke',
    text: error instanceof Error ? error.message : 'Something was thrown that is no error.',
    next: 'This is a mistake in Firn, not in your project. Reload the page; if it happens again, report it.',
  }
}

function wordAnswer(status: number, text: string): Refusal {
  const kind = kinds[status] ?? (status >= 500 ? 'broken' : 'refused')
  return { kind, text, ...titles[kind] }
}

const titles: Record<RefusalKind, { title: string; next: string }> = {
  'sign-in': {
    title: 'Sign in to see this',
    next: 'Use the one-time link that ./up printed, or make a new one on the machine where Firn runs.',
  },
  forbidden: { title: 'You may not see this', next: 'Ask an administrator of the account for access.' },
  missing: { title: 'There is nothing here', next: 'It may have been renamed, or the address is misspelt.' },
  refused: { title: 'The server refused', next: 'Change what the message names and try again.' },
  broken: {
    title: 'The server broke',
    next: 'This is not your project’s fault. The server’s log says more; try again.',
  },
  unreachable: { title: 'The server does not answer', next: 'This page asks again by itself.' },
}
