import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { createDatabase, databaseExists, dropDatabase } from './databases.ts'
import { type ManagedPostgres, startManagedPostgres } from './managed-postgres.ts'

/** Without folders that may hold a `postgres`: npm's programs are what a bare machine uses. */
const searchPath = '/usr/sbin:/usr/bin:/sbin:/bin'
const root = process.getuid?.() === 0

let scratch = ''
before(async () => {
  // The folder above everything is closed to all others, as root's home is.
  scratch = await mkdtemp('/tmp/firn-postgres-test-')
  await chmod(scratch, 0o700)
})
after(() => rm(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))

/** Collects the log and lets a test wait for a line of it. */
function recordLog() {
  const lines: string[] = []
  const waiting: { pattern: RegExp; found: () => void }[] = []
  const add = (text: string) => {
    lines.push(text)
    for (const { pattern, found } of waiting) if (pattern.test(text)) found()
  }
  const seen = (pattern: RegExp) => new Promise<void>((found) => waiting.push({ pattern, found }))
  return { lines, seen, log: { info: add, warn: add } }
}

const never = new AbortController().signal

async function start(folder: string, options: { searchPath?: string; signal?: AbortSignal } = {}) {
  const record = recordLog()
  const server = await startManagedPostgres({
    folder: join(scratch, folder),
    signal: never,
    log: record.log,
    durable: false,
    searchPath,
    ...options,
  })
  return { server, ...record }
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

async function postmasterPid(folder: string): Promise<number> {
  return Number.parseInt(await readFile(join(scratch, folder, 'data/postmaster.pid'), 'utf8'), 10)
}

describe('one folder through its life', { timeout: 60_000 }, () => {
  let server: ManagedPostgres
  after(() => server.stop())

  it('is made in a folder below one with mode 0700, and speaks on a unix socket only', async () => {
    const started = await start('life')
    server = started.server
    assert.ok(started.lines.some((line) => /Making the database in .* with PostgreSQL 18/.test(line)))
    assert.deepEqual(await query(server.url, 'show listen_addresses'), [{ listen_addresses: '' }])
    assert.deepEqual(await query(server.url, 'select current_database() as name'), [{ name: 'firn' }])
    await query(server.url, 'create table kept (line text)')
  })

  it('refuses a second start on the folder, and names who has it', async () => {
    await assert.rejects(start('life'), { name: 'PostgresRefused', message: new RegExp(`process ${process.pid}`) })
    assert.deepEqual(await query(server.url, 'select 1 as one'), [{ one: 1 }])
  })

  it('keeps what was written over a stop and a start', async () => {
    await query(server.url, "insert into kept values ('before the stop')")
    await server.stop()
    await server.ended
    server = (await start('life')).server
    assert.deepEqual(await query(server.url, 'select line from kept'), [{ line: 'before the stop' }])
  })

  it('makes databases by name, from a template, and drops them', async () => {
    const copy = await createDatabase(server.adminUrl, 'copy "of" firn', 'firn')
    assert.deepEqual(await query(copy, 'select line from kept'), [{ line: 'before the stop' }])
    await dropDatabase(server.adminUrl, 'copy "of" firn')
    assert.equal(await databaseExists(server.adminUrl, 'copy "of" firn'), false)
    await dropDatabase(server.adminUrl, 'copy "of" firn')
  })

  it('starts it again when it is killed, at the same address, with what was committed', async () => {
    await server.stop()
    const started = await start('life')
    server = started.server
    await query(server.url, "insert into kept values ('before the kill')")
    const ready = started.seen(/ready to accept connections/)
    const told = started.seen(/PostgreSQL ended by itself \(signal SIGKILL/)
    process.kill(await postmasterPid('life'), 'SIGKILL')
    await Promise.all([told, ready])
    assert.deepEqual(await query(server.url, 'select line from kept order by 1 desc limit 1'), [
      { line: 'before the stop' },
    ])
    assert.deepEqual(await query(server.url, "select count(*)::int as n from kept where line like '%kill'"), [{ n: 1 }])
  })

  it('starts beside a postmaster.pid that names another living process', async () => {
    await server.stop()
    await writeFile(join(scratch, 'life/data/postmaster.pid'), `${process.pid}\n/elsewhere\n1\n5432\n`)
    server = (await start('life')).server
    assert.equal((await query(server.url, 'select 1')).length, 1)
  })

  it('stops when its signal is aborted', async () => {
    await server.stop()
    const controller = new AbortController()
    const { server: bound, lines } = await start('life', { signal: controller.signal })
    controller.abort()
    await bound.ended
    assert.match(lines.at(-1) ?? '', /database system is shut down/)
    server = (await start('life')).server
  })
})

describe('the process that started it is killed', { timeout: 60_000 }, () => {
  const program = `
    import { startManagedPostgres } from ${JSON.stringify(import.meta.resolve('./managed-postgres.ts'))}
    const server = await startManagedPostgres({
      folder: process.env.FOLDER, signal: new AbortController().signal, searchPath: ${JSON.stringify(searchPath)},
      log: { info: (text) => console.log(text), warn: (text) => console.log(text) },
    })
    console.log('URL ' + server.url)`

  /** Inside a chroot the kernel lets nobody make a user namespace. This one shows the same files. */
  const withoutNamespaces = () => {
    const inside = ['sh', '-c', 'mount --rbind / "$0" && exec chroot "$0" "$@"', join(scratch, 'chroot')]
    return ['unshare', '--mount', '--', ...inside]
  }
  const cannotChroot = () =>
    !root || spawnSync('unshare', ['--mount', '--', 'mount', '--rbind', '/', '/mnt']).status !== 0

  function startProgram(folder: string, wrapper: string[] = []): ChildProcess {
    const argv = [...wrapper, process.execPath, '--input-type=module', '--eval', program]
    return spawn(argv[0] ?? '', argv.slice(1), {
      env: { FOLDER: join(scratch, folder), PATH: searchPath },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }

  async function lineOf(child: ChildProcess, pattern: RegExp): Promise<string> {
    assert.ok(child.stdout)
    for await (const line of createInterface({ input: child.stdout })) if (pattern.test(line)) return line
    throw new Error(`The program ended without a line like ${pattern}`)
  }

  it('leaves nothing running, and the next start waits, then has every committed row', async () => {
    const child = startProgram('killed')
    const url = (await lineOf(child, /^URL /)).slice(4)
    await query(url, 'create table kept (n int)')
    // Clients of other processes must not keep the old server alive.
    const idle = new pg.Client({ connectionString: url })
    const lost = new Promise((resolve) => idle.on('error', resolve))
    await idle.connect()
    await query(url, 'insert into kept select generate_series(1, 1000)')
    const pid = await postmasterPid('killed')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const { server } = await start('killed')
    try {
      await lost
      // Gone, or at most a name that nobody has collected yet.
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State:\tX')
      assert.match(status, /^State:\t[XZ]/m)
      assert.deepEqual(await query(server.url, 'select count(*)::int as n from kept'), [{ n: 1000 }])
    } finally {
      await server.stop()
    }
  })

  it('makes the database anew when the first start was killed in the middle of making it', async () => {
    const child = startProgram('half')
    await lineOf(child, /Making the database/)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const { server, lines } = await start('half')
    try {
      assert.ok(lines.some((line) => line.startsWith('Making the database')))
      assert.equal(await databaseExists(server.url, 'firn'), true)
    } finally {
      await server.stop()
    }
  })

  it('runs as the user nobody, elsewhere, where user namespaces are forbidden', {
    skip: cannotChroot() && 'only root, allowed to mount, can make such a place',
  }, async () => {
    const hadShared = existsSync('/var/lib/firn')
    await mkdir(join(scratch, 'chroot'))
    const child = startProgram('forbidden', withoutNamespaces())
    const url = (await lineOf(child, /^URL /)).slice(4)
    const base = (await readFile(join(scratch, 'forbidden/location'), 'utf8')).trim()
    try {
      assert.equal(new URL(url).searchParams.get('host'), join(base, 'socket'))
      assert.deepEqual(await query(url, 'select 1 as one'), [{ one: 1 }])
      const pid = Number.parseInt(await readFile(join(base, 'data/postmaster.pid'), 'utf8'), 10)
      assert.match(await readFile(`/proc/${pid}/status`, 'utf8'), /^Uid:\t65534\t65534/m)
      child.kill('SIGKILL')
      await once(child, 'exit')
      // The next start finds the database there, by the note in the state folder.
      const { server } = await start('forbidden')
      await server.stop()
      assert.equal(server.url, url)
    } finally {
      for (const made of [base, ...(hadShared ? [] : ['/var/lib/firn'])]) await rm(made, { recursive: true })
    }
  })
})

describe('unusual folders', { timeout: 60_000 }, () => {
  it('a path too long for a socket gets a short folder of its own, closed to others', async () => {
    const folder = join('long', 'x'.repeat(90), 'with \' " , and a space')
    await mkdir(join(scratch, folder), { recursive: true })
    const { server } = await start(folder)
    try {
      const host = new URL(server.url).searchParams.get('host') ?? ''
      assert.match(host, /^\/(run|tmp)\//)
      assert.equal((await query(server.url, 'select 1')).length, 1)
    } finally {
      await server.stop()
    }
  })

  it('a database made by a version that is not here is refused by name', async () => {
    await mkdir(join(scratch, 'newer/data'), { recursive: true })
    await writeFile(join(scratch, 'newer/data/PG_VERSION'), '99\n')
    await assert.rejects(start('newer'), { name: 'PostgresRefused', message: /PostgreSQL 99.*version 18/ })
    // The refusal has freed the folder.
    await assert.rejects(start('newer'), { message: /PostgreSQL 99/ })
  })
})
