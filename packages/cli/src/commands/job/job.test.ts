import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { Job } from '@firn/contract/api/job'
import { JobOverview } from '@firn/contract/api/overview'
import { failure, wanted } from '@firn/testkit/events'
import { terminated } from '@firn/testkit/puppet-agent'
import { until } from '@firn/testkit/wait'
import { listOf, openServerBench, type ServerBench } from '../../testing/server-bench.ts'

let bench: ServerBench
before(async () => {
  bench = await openServerBench()
})
after(() => bench[Symbol.asyncDispose]())

const salted = (word: string) => `${word}-${randomUUID().slice(0, 8)}`
const exceptional = { tag: 'Exceptional' as const, contents: 'the disk is full' }

/** A project whose job has one green build. */
async function green(): Promise<{ project: string; name: string }> {
  const name = salted('hello')
  const project = await bench.pushed(wanted(name))
  await bench.desk.finishBuild()
  await ended(project)
  return { project, name }
}

/** A project whose job has a failed build, one that is blocked by it, and an error. */
async function red(): Promise<{ project: string; name: string }> {
  const name = salted('oven')
  const above = salted('bread')
  const project = await bench.pushed([
    ...wanted(name),
    ...wanted(above, [name]),
    failure(['bad', 'recipe'], 'the recipe \u001b[31mfor\u001b[2J\u009b2J sourdough'),
  ])
  await bench.desk.finishBuild(terminated)
  await ended(project)
  return { project, name }
}

async function ended(project: string): Promise<void> {
  await until('the job to end', async () => (await bench.desk.jobs(project)).at(-1)?.jobPhase === 'Done')
}

test('job list: the newest first, of one project or of all', async () => {
  const { project } = await green()
  const { project: other } = await red()
  const own = await bench.run('job', 'list', project)
  assert.equal(own.status, 0, own.stderr)
  const lines = own.stdout.trimEnd().split('\n')
  assert.equal(lines.length, 2)
  assert.match(
    lines[0] ?? '',
    new RegExp(`^● ${project}#2  onPush\\.default  main  [0-9a-f]{7}  (?:just now|\\d+ s ago)  1 of 1 built\\.$`),
  )
  assert.match(lines[1] ?? '', new RegExp(`^● ${project}#1  configuration   main  .* declares 1 job for a push\\.$`))
  const all = await bench.run('job', 'list')
  assert.ok(all.stdout.indexOf(`✕ ${other}#2`) < all.stdout.indexOf(`● ${project}#2`), all.stdout)
  const failed = await bench.run('job', 'list', `local/local/${other}`, '--failed', '--json')
  const jobs = listOf(Job, failed.stdout)
  assert.deepEqual(
    jobs.map((job) => [job.index, job.jobStatus]),
    [[2, 'Failure']],
  )
  const short = ['--ref', 'main', '--rev', (jobs[0]?.source.revision ?? '').slice(0, 7)]
  const chosen = listOf(Job, (await bench.run('job', 'list', other, ...short, '--json')).stdout)
  assert.deepEqual(
    chosen.map(({ index }) => index),
    [2, 1],
  )
  assert.equal((await bench.run('job', 'list', other, '--ref', 'mai')).stderr, 'No jobs.\n')
  const one = listOf(Job, (await bench.run('job', 'list', '--limit', '1', '--json')).stdout)
  assert.deepEqual(
    one.map((job) => job.repoName),
    [other],
  )
})

test('job show: a job by number, path, page, id and newest of its project; the exit status is its result', async () => {
  const { project } = await green()
  const [, job] = await bench.desk.jobs(project)
  const page = `${bench.firn.url}/local/local/${project}/jobs/2?state=Failed#top`
  for (const text of [`${project}#2`, `local/local/${project}#2`, page, job?.id ?? '', project]) {
    const { status, stdout, stderr } = await bench.run('job', 'show', text)
    assert.equal(status, 0, stderr)
    assert.match(stdout, new RegExp(`^local/local/${project}#2  refs/heads/main  `))
    assert.match(stdout, /\n#2 onPush\.default — 1 of 1 built\.\n {2}● hello/)
    assert.match(stdout, /\nOf the same push:\n {2}#1 configuration — /)
    assert.ok(stdout.endsWith(`${bench.firn.url}/local/local/${project}/jobs/2\n`))
  }
  const { stdout } = await bench.run('job', 'show', project, '--json')
  assert.equal(JobOverview.parse(JSON.parse(stdout)).job.id, job?.id)
})

test('job show: what failed, what it blocks, and errors, with no control sequence; 1', async () => {
  const { project, name } = await red()
  const { status, stdout } = await bench.run('job', 'show', project)
  assert.equal(status, 1)
  assert.match(stdout, new RegExp(`\\n {2}✕ ${name}  failed`))
  assert.match(stdout, /\n {2}bad\.recipe does not evaluate:\n {4}the recipe for2J sourdough\n/)
  assert.match(stdout, new RegExp(`\\n {2}${name} failed, which blocks bread`))
  assert.doesNotMatch(stdout, /[\u001b\u009b]/)
  assert.equal((await bench.run('job', 'show', project, '--json')).status, 1)
})

test('a job that is red for no reason but ours: 2', async () => {
  const project = await bench.pushed(wanted(salted('unlucky')))
  for (let n = 0; n < 3; n++) await bench.desk.finishBuild(exceptional)
  await ended(project)
  const { status, stdout } = await bench.run('job', 'watch', project)
  assert.equal(status, 2, stdout)
  assert.match(stdout, /Broken, which is not its fault: .*the disk is full/)
  assert.match(stdout, /\n {2}⚠ unlucky-\S+ {2}broken/)
  assert.doesNotMatch(stdout, /✕ unlucky/)
})

test('job watch: an event a line, the result at the end; as JSON the job after each change', async () => {
  const name = salted('slow')
  const project = await bench.pushed(wanted(name))
  const build = await bench.desk.build()
  const lines = bench.start('job', 'watch', `${project}#2`)
  const json = bench.start('job', 'watch', `${project}#2`, '--json')
  await lines.printed('#2 onPush.default: building — ')
  await json.printed('"jobPhase":"Building"')
  await bench.desk.puppet.sendStatus(build.id, terminated)
  const said = await lines.ended
  assert.equal(said.status, 1, said.stderr)
  const order = [
    '#2 onPush.default: building — ',
    `#2 onPush.default: ✕ ${name} failed\n`,
    '#2 onPush.default: ✕ 1 of 1 build failed.\n',
    `\n  ✕ ${name}  failed`,
    `/local/local/${project}/jobs/2\n`,
  ]
  const places = order.map((text) => said.stdout.indexOf(text))
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
    said.stdout,
  )
  assert.ok(!places.includes(-1), said.stdout)
  const events = await json.ended
  assert.equal(events.status, 1)
  const jobs = events.stdout
    .trimEnd()
    .split('\n')
    .map((line) => Job.parse(JSON.parse(line)))
  assert.equal(jobs[0]?.jobPhase, 'Building')
  assert.deepEqual([jobs.at(-1)?.jobPhase, jobs.at(-1)?.jobStatus], ['Done', 'Failure'])
})

test('job watch goes on when the server is started again', async () => {
  await using own = await openServerBench()
  const project = await own.pushed(wanted(salted('patient')))
  const watching = own.start('job', 'watch', project)
  await watching.printed('building — ')
  await own.firn.restartServer()
  const { line } = await own.desk.puppet.connect({ startId: own.desk.startId })
  const { payload } = await line.task()
  assert.ok(payload.tag === 'StartBuild')
  await own.desk.puppet.sendStatus(payload.contents.id, terminated)
  line.drop()
  const { status, stdout } = await watching.ended
  assert.equal(status, 1, stdout)
})

test('Ctrl-C ends a watch: 130; so does a reader that is gone', async () => {
  const project = await bench.pushed(wanted(salted('endless')))
  const watching = bench.start('job', 'watch', project)
  await watching.printed('building — ')
  watching.child.kill('SIGINT')
  const { status, stderr } = await watching.ended
  assert.deepEqual([status, stderr], [130, ''])
  const unread = bench.into('head -1', 'job', 'watch', project, '--json')
  await unread.printed('"jobPhase":"Building"')
  await bench.desk.finishBuild()
  const { stderr: complaint } = await unread.ended
  assert.equal(complaint, '')
})

test('a list into head ends quietly', async () => {
  await green()
  for (const args of [
    ['job', 'list'],
    ['job', 'list', '--json'],
    ['job', 'show', (await green()).project],
  ]) {
    const { stdout, stderr } = await bench.into('head -1', ...args).ended
    assert.equal(stdout.split('\n').length, 2)
    assert.equal(stderr, '')
  }
})

test('on a terminal states have colours, unless NO_COLOR forbids', async () => {
  const { project } = await green()
  const coloured = await bench.onTerminal(['job', 'watch', project])
  assert.equal(coloured.status, 0)
  assert.match(coloured.stdout, /\u001b\[32m●/)
  for (const args of [
    ['job', 'watch', project],
    ['job', 'list'],
    ['job', 'show', project],
  ]) {
    const { stdout, status } = await bench.onTerminal(args, { NO_COLOR: '1' })
    assert.equal(status, 0)
    assert.doesNotMatch(stdout, /\u001b\[[0-9;]*m/)
  }
})

test('job rerun: a new job for the same commit', async () => {
  const { project } = await red()
  const { status, stdout } = await bench.run('job', 'rerun', `${project}#2`, '--rebuild-failures')
  assert.equal(status, 0)
  assert.match(
    stdout,
    new RegExp(
      `^local/local/${project}#3  #3 onPush\\.default — .*\\n${bench.firn.url}/local/local/${project}/jobs/3\\n$`,
    ),
  )
  await bench.desk.evaluate([])
  await bench.desk.finishBuild(terminated)
  const old = await bench.run('job', 'show', `${project}#2`)
  assert.match(old.stdout, /\n {2}oven-\w+ failed, which blocks bread/)
  const again = Job.parse(JSON.parse((await bench.run('job', 'rerun', `${project}#2`, '--json')).stdout))
  assert.deepEqual([again.index, again.rerunOfIndex], [4, 2])
  await bench.desk.evaluate([])
})

test('what is not there, is no job, or is of another Firn: 2, with a sentence on standard error alone', async () => {
  const { project } = await green()
  const cases: [string[], RegExp][] = [
    [['show', `${project}#99`], /^firn: local\/local\/\w+ has no job #99; its newest is #2\.\n$/],
    [['show', 'nothing#1'], /^firn: There is no project nothing\. There are:\n(.*\n)* {2}local\/local\/p/],
    [['watch', 'a b/c/d/e'], /^firn: a b\/c\/d\/e is not a job\. A job is written as PROJECT#NUMBER/],
    [['show', '01a20417-be7b-7411-b41d-9c95cdad6ef8'], /^firn: .*job/],
    [
      ['show', `https://ci.example.org/local/local/${project}/jobs/2`],
      /^firn: That page is of https:\/\/ci\.example\.org/,
    ],
    [['list', '--limit', '0'], /^firn: --limit must be a number from 1 to 200, not 0\.\n$/],
    [['list', '--failed'], /name it/],
    [['rerun', `${project}#99`], /has no job #99/],
    [['show'], /missing required argument 'job'/],
    [['juggle'], /unknown command|too many arguments/],
  ]
  for (const [args, sentence] of cases) {
    const { status, stdout, stderr } = await bench.run('job', ...args)
    assert.deepEqual([status, stdout], [2, ''], `${args} ${stderr}`)
    assert.match(stderr, sentence)
  }
})

test('2.5.7 job cancel: who watches it ends red; what is done already is refused: 2', async () => {
  const name = salted('needless')
  const project = await bench.pushed(wanted(name))
  const build = await bench.desk.build()
  const watching = bench.start('job', 'watch', project)
  await watching.printed('building — ')
  const { status, stdout } = await bench.run('job', 'cancel', project)
  assert.equal(status, 0)
  assert.match(stdout, /^⊘ #2 onPush\.default — .*ancelled/)
  assert.equal((await watching.ended).status, 1)
  await bench.desk.puppet.sendStatus(build.id, terminated)
  const again = await bench.run('job', 'cancel', project, '--json')
  assert.deepEqual([again.status, again.stdout], [2, ''])
  assert.match(again.stderr, /^firn: .*nothing left to cancel\.\n$/)
  const { project: other } = await green()
  const done = await bench.run('job', 'cancel', `${other}#2`)
  assert.deepEqual([done.status, done.stdout], [2, ''])
  assert.match(done.stderr, /^firn: \S/)
  const open = await bench.pushed(wanted(salted('needless')))
  const json = await bench.run('job', 'cancel', open, '--json')
  assert.equal(Job.parse(JSON.parse(json.stdout)).isCancelled, true)
})
