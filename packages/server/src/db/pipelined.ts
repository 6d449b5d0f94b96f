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

/** What a connection has sent since it was taken from the pool, and nobody has waited for; each answers with its error, if it has one. */
const sentBy = new WeakMap<DatabaseConnection, Promise<unknown>[]>()

class PipelinedDriver extends PostgresDriver {
  override async acquireConnection(
    options?: Parameters<PostgresDriver['acquireConnection']>[0],
  ): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection(options)
    if (!sentBy.has(connection)) waitForFew(connection)
    sentBy.set(connection, [])
    return connection
  }

  override async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const begun = super.beginTransaction(connection, settings)
    sentBy.get(connection)?.push(failureOf(begun))
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.commitTransaction(connection)
    } catch (error) {
      throw await causeOf(error, sentBy.get(connection))
    }
  }

  /** What is told is why the work failed, also where the connection is gone and this fails as well: it is not used again then. */
  override async rollbackTransaction(connection: Parameters<PostgresDriver['rollbackTransaction']>[0]): Promise<void> {
    await super.rollbackTransaction(connection).catch(() => {})
  }
}

function waitForFew(connection: DatabaseConnection): void {
  const execute = connection.executeQuery.bind(connection)
  connection.executeQuery = async <R>(statement: CompiledQuery) => {
    const before = sentBy.get(connection)?.slice()
    const answer = execute<R>(statement)
    if (unreadStatements.has(statement)) {
      sentBy.get(connection)?.push(failureOf(answer))
      return { rows: [] }
    }
    try {
      return await answer
    } catch (error) {
      throw await causeOf(error, before)
    }
  }
}

function failureOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** What comes after the first failure only says that there was one. PostgreSQL answers in turn: what was sent before has been answered. */
async function causeOf(error: unknown, before: Promise<unknown>[] = []): Promise<unknown> {
  const answers = await Promise.all(before)
  return answers.find((failure) => failure !== undefined) ?? error
}
