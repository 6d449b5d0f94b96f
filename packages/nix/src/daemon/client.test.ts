import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { instantiate, randomSalt, shellDerivation, testNixes, testStore } from '../../test/nixes.ts'
import { connectStore, isSuccess, StoreError, type StoreEvent, StoreLost } from './client.ts'
import { activityTypes, resultTypes } from './events.ts'

/** Processes whose command line holds the text. */
function processesWith(text: string): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text)
    } catch {
      return false
    }
  })
}

function logLine(event: StoreEvent): string | undefined {
  return event.kind === 'result' && event.type === resultTypes.buildLogLine ? String(event.fields[0]) : undefined
}

for (const nix of await testNixes()) {
  const { store } = await testStore(nix)
  const version = nix.nix.version.text

  test(`${version}: a build gives outputs, log lines and times, and its paths are known then`, async () => {
    await using connection = await connectStore(store.address)
    assert.equal(connection.daemonVersion, version)
    const salt = randomSalt()
    const script = 'echo one; echo two >&2; echo x > $out; echo y > $dev'
    const [drvPath = ''] = await instantiate(nix, shellDerivation(`ok-${salt}`, script, 'outputs = [ "out" "dev" ];'))
    const events: StoreEvent[] = []
    const [result] = await connection.build([{ drvPath, outputs: '*' }], (event) => void events.push(event))
    assert(
      result && isSuccess(result) && result.status === 'Built' && result.drvPath === drvPath,
      JSON.stringify(result),
    )
    assert(Math.abs(result.startTime - Date.now() / 1000) < 60 && result.stopTime >= result.startTime)
    assert.deepEqual(
      events.flatMap((event) => logLine(event) ?? []),
      ['one', 'two'],
    )
    const start = events.find((event) => event.kind === 'start' && event.type === activityTypes.build)
    assert(start?.kind === 'start' && start.fields[0] === drvPath)
    assert(events.some((event) => event.kind === 'stop' && event.activity === start.activity))
    const { out = '', dev = '' } = result.outputs
    assert.deepEqual({ ...(await connection.queryDerivationOutputMap(drvPath)) }, { dev, out })
    const absent = out.replace(/[a-z0-9]{32}/, '0'.repeat(32))
    assert.deepEqual(await connection.queryValidPaths([out, absent]), new Set([out]))
    assert.equal(await connection.isValidPath(dev), true)
    const info = await connection.queryPathInfo(out)
    assert(info && info.deriver === drvPath && info.narSize > 0 && /^sha256:[0-9a-z]{52}$/.test(info.narHash))
    assert.equal(await connection.queryPathInfo(absent), undefined)
    await connection.addTempRoot(out)
    assert.deepEqual(await connection.ensurePath(out), { ok: true })
    const refused = await connection.ensurePath(absent)
    assert(!refused.ok && refused.reason.includes(absent))
    const [again] = await connection.build([{ drvPath, outputs: ['out'] }])
    assert.equal(again?.status, 'AlreadyValid')
  })

  test(`${version}: failures are results with Nix's text, each beside the others`, async () => {
    await using connection = await connectStore(store.address)
    const salt = randomSalt()
    const broken = shellDerivation(`broken-${salt}`, 'echo the reason; exit 3')
    const dependent = shellDerivation(`dependent-${salt}`, 'echo x > $out', `broken = ${broken};`)
    const drvPaths = await instantiate(
      nix,
      `[ (${broken}) (${dependent}) (${shellDerivation(`fine-${salt}`, 'echo x > $out')}) ]`,
    )
    const missing = await connection.queryMissing(drvPaths.map((drvPath) => ({ drvPath, outputs: '*' })))
    assert.deepEqual(new Set(missing.willBuild), new Set(drvPaths))
    const results = await connection.build(drvPaths.map((drvPath) => ({ drvPath, outputs: '*' })))
    const byPath = new Map(results.map((result) => [result.drvPath, result]))
    const [one, two, three] = drvPaths.map((drvPath) => byPath.get(drvPath))
    assert.equal(one?.status, 'PermanentFailure')
    assert.match(one.errorText, /exit code .*3[\s\S]*the reason/)
    assert.equal(two?.status, 'DependencyFailed')
    assert.equal(three?.status, 'Built')
  })

  test(`${version}: what the daemon refuses as a whole is an error, and the connection lives on`, async () => {
    await using connection = await connectStore(store.address)
    const absent = `/nix/store/${'0'.repeat(32)}-absent.drv`
    await assert.rejects(connection.queryDerivationOutputMap(absent), StoreError)
    assert.equal(await connection.isValidPath(absent), false)
    assert.equal(connection.usable, true)
  })

  test(`${version}: calls made at once are answered one after the other`, async () => {
    await using connection = await connectStore(store.address)
    const absent = Array.from({ length: 50 }, (_, n) => `/nix/store/${String(n).padStart(32, '0')}-absent`)
    assert.deepEqual(
      await Promise.all(absent.map((path) => connection.isValidPath(path))),
      absent.map(() => false),
    )
  })

  test(`${version}: stopping ends the builder's processes and the daemon`, async () => {
    const stop = new AbortController()
    await using connection = await connectStore(store.address, { signal: stop.signal })
    const sleep = `1${randomInt(1e12)}`
    const [drvPath = ''] = await instantiate(
      nix,
      shellDerivation(`long-${randomSalt()}`, `echo started; sleep ${sleep}`),
    )
    const started = Promise.withResolvers<void>()
    const building = connection.build([{ drvPath, outputs: '*' }], (event) => {
      if (logLine(event) === 'started') started.resolve()
    })
    await started.promise
    assert.notDeepEqual(processesWith(sleep), [])
    stop.abort()
    await assert.rejects(building, StoreLost)
    await connection[Symbol.asyncDispose]()
    assert.deepEqual(processesWith(sleep), [])
    assert.equal(connection.usable, false)
    await assert.rejects(connection.isValidPath(drvPath), StoreLost)
  })
}

test('a daemon that dies at work is told with its last words', async () => {
  const [nix] = await testNixes()
  assert(nix)
  const { address } = (await testStore(nix)).store
  assert(address.kind === 'stdio')
  const script = 'exec 3<&0; "$@" <&3 & wait $!; echo its last words >&2'
  const salt = randomSalt()
  await using connection = await connectStore({ ...address, argv: ['/bin/sh', '-c', script, salt, ...address.argv] })
  const [drvPath = ''] = await instantiate(nix, shellDerivation(`cut-${salt}`, 'echo started; sleep 1000'))
  const building = connection.build([{ drvPath, outputs: '*' }], (event) => {
    if (logLine(event) !== 'started') return
    const [shell] = processesWith(salt).filter((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('/bin/sh'),
    )
    for (const pid of readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').split(' ').filter(Boolean))
      process.kill(Number(pid), 'SIGKILL')
  })
  await assert.rejects(building, (error) => {
    assert(error instanceof StoreLost)
    assert.match(error.message, /^the store daemon closed the connection: [\s\S]*its last words$/)
    assert.match(error.lastWords, /its last words$/)
    return true
  })
  assert.equal(connection.usable, false)
})

test('100 MB of log flow through a reader that holds them back, in little memory', async () => {
  const [nix] = await testNixes()
  assert(nix)
  const { store } = await testStore(nix)
  await using connection = await connectStore(store.address, { settings: { 'compress-build-log': 'false' } })
  const line = 'x'.repeat(99)
  const lines = 1_000_000
  // A hundred times a hundred times a hundred: a program started for each piece of 10 kB would be what is measured.
  const hundred = (what: string) => `i=0; while [ $i -lt 100 ]; do i=$((i+1)); ${what}; done`
  const script = [
    `${hundred(`echo ${line}`)} > $TMPDIR/a`,
    `${hundred('cat $TMPDIR/a')} > $TMPDIR/b`,
    hundred('cat $TMPDIR/b'),
    'echo > $out',
  ].join('; ')
  const [drvPath = ''] = await instantiate(nix, shellDerivation(`loud-${randomSalt()}`, script))
  const before = process.memoryUsage().rss
  let count = 0
  let peak = 0
  const [result] = await connection.build([{ drvPath, outputs: '*' }], (event) => {
    if (logLine(event) === undefined || ++count % 10_000 !== 0) return undefined
    peak = Math.max(peak, process.memoryUsage().rss)
    return new Promise<void>((resolve) => setImmediate(resolve))
  })
  assert.equal(result?.status, 'Built')
  assert.equal(count, lines)
  assert(peak - before < 150 * 1024 * 1024, `${(peak - before) / 1e6} MB more`)
})

test('nobody at the address, and a program that is no daemon, are told as such', async () => {
  await assert.rejects(connectStore({ kind: 'socket', path: '/nonexistent/socket' }), /no store daemon at/)
  await assert.rejects(connectStore({ kind: 'stdio', argv: ['/nonexistent/program'], env: {} }), /cannot start/)
  await assert.rejects(
    connectStore({ kind: 'stdio', argv: ['/bin/echo', 'this is no daemon, it is long enough'], env: {} }),
    StoreLost,
  )
  const complains = ['/bin/sh', '-c', 'echo some trouble >&2; exit 1']
  await assert.rejects(connectStore({ kind: 'stdio', argv: complains, env: {} }), /some trouble/)
})
