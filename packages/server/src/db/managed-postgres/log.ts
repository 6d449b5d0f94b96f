/** Where the life of a managed PostgreSQL is told; a pino logger fits. */
export type PostgresLog = { info(text: string): void; warn(text: string): void }
