/** Kysely over the pipeline mode of `pg`: statements that nobody waits for (`unread.ts`) are sent one behind the other. */
import {
  type CompiledQuery,
  type DatabaseConnection,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
  type TransactionSettings,
} from 'kysely'

/** Statements whose answers nobody reads. */
export const unreadStatements = new WeakSet<CompiledQuery>()

/** PostgreSQL by a pool of connections with `pipeline: true`. */
export class PipelinedDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig

  constructor(config: PostgresDialectConfig) {
    super(config)
    this.#config = config
  }

  override createDriver(): PipelinedDriver {
    return new PipelinedDriver(this.#config)
  }
}

/** What a connection has sent and nobody has waited for, with nothing waited for behind it; each answers with its error, if it has one. */
const sentBy = new WeakMap<DatabaseConnection, Promise<unknown>[]>()

class PipelinedDriver extends PostgresDriver {
  override async acquireConnection(
    options?: Parameters<PostgresDriver['acquireConnection']>[0],
  ): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection(options)
    if (!sentBy.has(connection)) waitForFew(connection)
    return connection
  }

  override async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const begun = super.beginTransaction(connection, settings)
    sentBy.get(connection)?.push(failureOf(begun))
  }

  /** Nothing is kept of a transaction in which one failed, also where the driver refused it and PostgreSQL saw no error. */
  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    const failure = await firstFailure(sentBy.get(connection)?.splice(0))
    if (failure !== undefined) throw failure
    await super.commitTransaction(connection)
  }

  /** What is told is why the work failed, also where the connection is gone and this fails as well: it is not used again then. */
  override async rollbackTransaction(connection: Parameters<PostgresDriver['rollbackTransaction']>[0]): Promise<void> {
    sentBy.set(connection, [])
    await super.rollbackTransaction(connection).catch(() => {})
  }
}

function waitForFew(connection: DatabaseConnection): void {
  const execute = connection.executeQuery.bind(connection)
  sentBy.set(connection, [])
  connection.executeQuery = async <R>(statement: CompiledQuery) => {
    const sent = sentBy.get(connection) ?? []
    if (unreadStatements.has(statement)) {
      sent.push(failureOf(execute<R>(statement)))
      return { rows: [] }
    }
    // PostgreSQL answers in turn: when this is answered, so is what was sent before.
    const before = sent.splice(0)
    const answer = execute<R>(statement)
    const failure = await firstFailure([...before, failureOf(answer)])
    if (failure !== undefined) throw failure
    return await answer
  }
}

function failureOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => undefined,
    (error: unknown) => error,
  )
}

async function firstFailure(sent: Promise<unknown>[] = []): Promise<unknown> {
  return (await Promise.all(sent)).find((failure) => failure !== undefined)
}
