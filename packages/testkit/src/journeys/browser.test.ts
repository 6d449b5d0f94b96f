import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { axeViolations, openBrowser, screenshot } from '../browser.ts'
import { layeredProject } from '../fixtures.ts'
import { openRepository } from '../repository.ts'
import { openState, type Up } from '../up.ts'
import { finishedCommit, until } from '../wait.ts'

const examples = join(import.meta.dirname, '../../../../examples')

async function pushFolder(up: Up, folder: string, name: string): Promise<string> {
  await using repository = await openRepository()
  await cp(folder, repository.folder, { recursive: true })
  const rev = await repository.commit({})
  await repository.push(up.remote(name))
  return rev
}

async function jobPage(up: Up, project: string): Promise<{ url: string; id: string }> {
  const job = await until('the job of the handler', async () => {
    const { items } = await up.client.projects.jobsBySite({ site: 'local', account: 'local', project })
    return items.find((item) => item.jobType === 'OnPush')
  })
  return { url: `${up.url}/local/local/${project}/jobs/${job.index}`, id: job.id }
}

async function look(page: Page, name: string): Promise<void> {
  assert.deepEqual(await axeViolations(page), [], name)
  await screenshot(page, name)
}

test('a visitor signs in by the link, watches a push turn green, a log grow and an error explained', async () => {
  await using state = await openState()
  await using opened = await openBrowser()
  const up = await state.start()
  const context = await opened.browser.newContext({ viewport: { width: 1280, height: 900 } })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })

  const link = /http:\S+magic-link\S+/.exec(up.printed())?.[0]
  assert.ok(link, up.printed())
  await page.goto(link)
  await page.getByText('Administrator').waitFor()
  await page.getByText('git push').first().waitFor()
  await look(page, 'home-empty')

  // The page is open before the push and hears of it by itself.
  await pushFolder(up, join(examples, 'hello'), 'hello')
  await page.getByRole('link', { name: 'hello' }).first().waitFor()
  await look(page, 'home')
  await page.goto((await jobPage(up, 'hello')).url)
  await page.getByText('All 12 built.').first().waitFor({ timeout: 60_000 })
  await look(page, 'job-green')

  await using slow = await openRepository()
  const rev = await slow.commit({ 'ci.nix': layeredProject({ layers: 2, width: 2, seconds: 5 }) })
  await slow.push(up.remote('slow'))
  const slowJob = await jobPage(up, 'slow')
  await page.goto(slowJob.url)
  await page
    .getByText(/building/)
    .first()
    .waitFor()
  const running = await until('a build to run', async () => {
    const overview = await up.client.firn.jobOverview({ id: slowJob.id })
    return overview.running[0]
  })
  await look(page, 'job-running')
  const drv = encodeURIComponent(running.derivationPath)
  await page.goto(`${up.url}/accounts/local/local/derivations/${drv}/log?via-job=${slowJob.id}`)
  await page
    .getByText(/begin step-/)
    .first()
    .waitFor()
  // It was opened while the build ran: its last line comes without a reload.
  await page
    .getByText(/end step-/)
    .first()
    .waitFor({ timeout: 30_000 })
  await look(page, 'log')
  await finishedCommit(up.client, 'slow', rev)

  await pushFolder(up, join(examples, 'broken'), 'broken')
  const broken = await jobPage(up, 'broken')
  await page.goto(broken.url)
  await page.getByText('the recipe for sourdough is not written yet').first().waitFor({ timeout: 60_000 })
  await page
    .getByText(/the fuse has blown/)
    .first()
    .waitFor({ timeout: 60_000 })
  await page.getByText('2 evaluation errors, 1 of 6 builds failed, 1 blocked by it.').first().waitFor()
  await look(page, 'job-broken')

  await page.goto(`${up.url}/accounts/local/local/agents`)
  await page.getByText('online').first().waitFor()
  await look(page, 'agents')
  await page.goto(`${up.url}/local/local/hello`)
  await page.getByText('configuration').first().waitFor()
  await look(page, 'project')

  const dark = await opened.browser.newContext({ colorScheme: 'dark', viewport: { width: 360, height: 740 } })
  const phone = await dark.newPage()
  await phone.goto(broken.url)
  await phone
    .getByText(/the fuse has blown/)
    .first()
    .waitFor()
  await look(phone, 'job-broken-phone-dark')
  const overflow = Number(await phone.evaluate('document.documentElement.scrollWidth - innerWidth'))
  assert.ok(overflow <= 0, `the page is ${overflow} px wider than a phone`)
  assert.deepEqual(problems, [])
})

test('up --once: green is 0 and red is 1, with every result on the way', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'firn-test-once-'))
  const main = join(import.meta.dirname, '../../../cli/src/main.ts')
  const once = (path: string) =>
    new Promise<{ status: number; text: string }>((resolve) =>
      execFile(
        process.execPath,
        [main, 'up', '--once', path, '--state', join(folder, 'state'), '--port', '0'],
        (error, stdout, stderr) => resolve({ status: error ? Number(error.code) : 0, text: stdout + stderr }),
      ),
    )
  try {
    const green = await once(join(examples, 'hello'))
    assert.equal(green.status, 0, green.text)
    assert.match(green.text, /All 12 built\./)
    assert.match(green.text, /http:\/\/127\.0\.0\.1:\d+\/local\/local\/hello\/commits\/[0-9a-f]{40}/)
    const red = await once(join(examples, 'broken'))
    assert.equal(red.status, 1, red.text)
    for (const said of [
      'bad.recipe does not evaluate',
      'sourdough',
      'bad.label does not evaluate',
      'broken-oven failed',
      'fuse has blown',
      'bad.bread  blocked',
      'good.dough  succeeded',
    ])
      assert.ok(red.text.includes(said), `${said}\n${red.text}`)
    assert.doesNotMatch(red.text, /\u001b/, 'no control sequences on a pipe')
    const none = await once(join(folder, 'nowhere'))
    assert.equal(none.status, 2)
    assert.match(none.text, /There is no folder/)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
