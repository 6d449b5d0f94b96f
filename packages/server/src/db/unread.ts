import type { Compilable, RawBuilder } from 'kysely'
import type { Tx } from './connect.ts'
import { unreadStatements } from './pipelined.ts'

/**
 * Sends a statement in its place in the transaction, and goes on: a transaction of twenty waits for the few whose answers it looks
 * at, and for its commit. When one fails, so does whatever follows: the next statement that is waited for throws its error, or
 * the commit does.
 */
export async function unread(tx: Tx, statement: RawBuilder<unknown> | Compilable): Promise<void> {
  const compiled = 'as' in statement ? statement.compile(tx) : statement.compile()
  unreadStatements.add(compiled)
  await tx.executeQuery(compiled)
}
