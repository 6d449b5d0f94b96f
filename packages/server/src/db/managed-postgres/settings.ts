/** How the managed PostgreSQL is configured: by its command line, so that a newer Firn needs no change of files. */

/** Sized for one machine that also builds: about 20 MB at rest, 200 MB when busy. */
const modest: Record<string, string> = {
  max_connections: '64',
  shared_buffers: '128MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  max_wal_size: '512MB',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  // Nobody replicates from here; this writes less.
  wal_level: 'minimal',
  max_wal_senders: '0',
}

/** Errors of statements are their caller's matter; what remains is the life of the server itself. */
const quiet: Record<string, string> = {
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
  log_line_prefix: '',
  lc_messages: 'C',
  log_timezone: 'UTC',
  timezone: 'UTC',
}

/** For tests only: not safe against a power cut. A kill of any process still loses nothing: commits reach the kernel. */
const throwAway: Record<string, string> = { fsync: 'off', full_page_writes: 'off' }

/** The arguments of `postgres` for a data folder: reachable by its unix socket only. */
export function postgresArguments(options: { data: string; socketFolder: string; durable: boolean }): string[] {
  const settings = {
    ...modest,
    ...quiet,
    ...(options.durable ? {} : throwAway),
    listen_addresses: '',
    port: '5432',
    unix_socket_directories: quoteListItem(options.socketFolder),
    unix_socket_permissions: '0700',
  }
  return ['-D', options.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

/** A comma in the path would make it two folders. */
function quoteListItem(item: string): string {
  return `"${item.replaceAll('"', '""')}"`
}
