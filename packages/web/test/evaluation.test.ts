import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pages } from '@firn/contract/paths'
import type { Page } from 'playwright-core'
import { drvPath, idOf } from '../fake/make.ts'
import { startFakeServer } from '../fake/server.ts'
import { axeViolations, open, openStage, shoot, visit } from './browser.ts'

/** What the pages tell of evaluations: what they found, needed and cost, and how two of them differ. */
const at = { site: 'local', account: 'local' }
const project = (name: string) => ({ ...at, project: name })
const wide = { scheme: 'light', width: 1280 } as const
const stage = openStage()

const section = (page: Page, title: string) => page.getByRole('region', { name: title, exact: true })
const rows = (page: Page, title: string) => section(page, title).locator('ul > li').allInnerTexts()

test('from the job to what it changed: one sentence, newly failing first, each change before and after', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, stage.fake.url + pages.job(project('greeter'), 13), 'Needs attention')
  await page.getByRole('link', { name: 'compare with #12' }).click()
  await page.getByText('3 added, 1 removed, 2 changed, 1 newly failing, 1 repaired against #12.').waitFor()
  assert.deepEqual(await page.locator('section h2').allTextContents(), [
    'Newly failing',
    'Changed',
    'Added',
    'Removed',
    'Repaired',
    'Imports from derivations',
  ])
  const [failing] = await rows(page, 'Newly failing')
  assert.match(failing ?? '', /greet-gui\s+succeeded → evaluation error\s+greet-gui-1\.4\s[^→]*→[^→]*evaluation error/)
  const [greet, libgreet] = await rows(page, 'Changed')
  assert.match(greet ?? '', /greet-1\.4\s[^→]*→[^→]*greet-1\.5/)
  assert.match(libgreet ?? '', /was a plain build, now may fail\s+succeeded\s+libgreet-1\.4\s/)
  assert.doesNotMatch(libgreet ?? '', /→/, 'the same derivation stands once')
  assert.match((await rows(page, 'Removed')).join(), /was succeeded/)
  await section(page, 'Newly failing').getByText("attribute 'gtk4-layer' missing").first().click()
  await page.getByText('gui/default.nix, line 60').waitFor()
  assert.deepEqual(await axeViolations(page), [])
  await section(page, 'Changed').getByRole('link', { name: 'greet-1.5' }).waitFor()
  assert.deepEqual(it.complaints, [])
})

test('another job to compare with is chosen, and has an address', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, `${stage.fake.url}${pages.job(project('greeter'), 13)}/compare`, 'against #12')
  const picker = page.getByLabel('Compare with')
  assert.deepEqual(await picker.locator('option').allTextContents(), [
    '#12 succeeded · main · manual: a picture',
    '#11 succeeded · wip · wip',
  ])
  await picker.selectOption(idOf('job greeter 11'))
  await page.getByText('against #11.').waitFor()
  assert.equal(new URL(page.url()).searchParams.get('baseId'), idOf('job greeter 11'))
  await open(page, page.url(), 'against #11.')
})

test('more differences than are listed are counted, and the page says which these are', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, stage.fake.url + pages.compare(project('package-set'), 2, idOf('job package-set 1')), 'against #1')
  await page
    .getByText('3,412 attributes differ; of the first 1,000 by path: 1,000 changed against #1.', { exact: true })
    .waitFor()
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
  await page.getByText('package-0999').first().waitFor()
  assert.ok((await page.locator('li').count()) < 200)
})

test('a comparison stays true while the job goes on', async () => {
  await using it = await visit(stage.browser, wide)
  await using own = await startFakeServer({ dist: stage.dist })
  const job = own.world.findJob(idOf('job greeter 13')) ?? assert.fail()
  await open(it.page, own.url + pages.compare(project('greeter'), 13, idOf('job greeter 12')), '1 newly failing')
  const greet = job.at.attributes[0] ?? assert.fail()
  greet.state = 'Failed'
  own.world.announce({ kind: 'builds', jobIds: [job.at.job.id], projectId: job.at.job.projectId })
  await it.page.getByText('1 changed, 2 newly failing').waitFor()
})

test('the job page tells what its evaluation cost, took in and said', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, stage.fake.url + pages.job(project('ledger'), 8), 'Slowest to evaluate')
  const slowest = await section(page, 'Slowest to evaluate').locator('li').allInnerTexts()
  assert.equal(slowest.length, 10)
  assert.match(slowest[0] ?? '', /report-00\s+8\.4 s/)
  assert.match(slowest[9] ?? '', /report-09\s+64 ms/)
  assert.match((await rows(page, 'Attributes')).find((row) => row.includes('report-07')) ?? '', /eval 388 ms/)

  const [green, head] = await rows(page, 'Extra inputs')
  assert.match(green ?? '', /hello[\s\S]*main[\s\S]*the newest green commit/)
  assert.match(head ?? '', /nixos from parser[\s\S]*main[\s\S]*the head: no commit of it was green/)

  const messages = section(page, 'Messages of the evaluation')
  await messages.getByText('2 errors, 3 traces').waitFor()
  await messages.getByText('took longer than 600 s').waitFor()
  await messages.getByText('packages.x86_64-linux.deep').waitFor()
  assert.equal(await messages.getByText('reading 31 quarters').isVisible(), false, 'traces are folded')
  await messages.getByText('3 traces', { exact: true }).click()
  await messages.getByText('reading 31 quarters').waitFor()
  assert.equal(await messages.getByText('packages.x86_64-linux.report-00').count(), 1, 'with their attribute, once')
  await shoot(page, 'job-evaluated-open-1280-light')
  await section(page, 'Extra inputs').getByRole('link', { name: 'hello' }).click()
  await page.getByText('Jobs of this commit').waitFor()
})

test('an evaluation that is used again says of which job', async () => {
  await using it = await visit(stage.browser, wide)
  await open(it.page, stage.fake.url + pages.job(project('ledger'), 9), 'evaluation of job #7 used again')
  await it.page.getByRole('link', { name: 'job #7' }).click()
  await it.page.waitForURL('**/ledger/jobs/7')
})

test('what the evaluation waits for, why, and which attributes wait', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, stage.fake.url + pages.job(project('haskell-site'), 4), 'Evaluation waits for')
  const waits = section(page, 'Evaluation waits for')
  await waits.getByText('2 imports from derivations').waitFor()
  await waits.getByText('it builds now').waitFor()
  assert.equal(await waits.getByText('packages.x86_64-linux.feed').isVisible(), false)
  await waits.getByText('3 attributes need it').click()
  await waits.getByText('packages.x86_64-linux.feed').waitFor()
  await waits.getByRole('link', { name: 'cabal2nix-site' }).click()
  await page.getByText('for the third time').waitFor()
})

test('each attempt of a build that was lost: agent, outcome, duration', async () => {
  await using it = await visit(stage.browser, wide)
  await open(it.page, stage.fake.url + pages.derivation(at, drvPath('cabal2nix-site')), 'for the third time')
  const attempts = await section(it.page, 'Attempts').locator('ol > li').allInnerTexts()
  assert.equal(attempts.length, 3)
  assert.match(attempts[0] ?? '', /3\s+running\s+build01[\s\S]*queued again because thinkpad was lost/)
  assert.match(attempts[1] ?? '', /2\s+broken\s+thinkpad\s+2 min 20 s[\s\S]*The agent thinkpad was lost/)
  assert.match(attempts[2] ?? '', /1\s+broken\s+build02\s+3 min/)
})

test('an evaluation error names its place as a small heading with a button that copies it, and the trace folded', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, stage.fake.url + pages.job(project('greeter'), 13), 'gui/default.nix, line 60')
  const attention = section(page, 'Needs attention')
  assert.equal(await attention.getByText('./flake.nix:31:9').isVisible(), false)
  await attention.getByText('trace', { exact: true }).click()
  await attention.getByText('./flake.nix:31:9').waitFor()
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await attention.getByRole('button', { name: 'copy the place' }).click()
  await attention.getByText('copied').waitFor()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'gui/default.nix:60:12')
  assert.deepEqual(await axeViolations(page), [])
})

test('a setting is saved as it is made', async () => {
  await using it = await visit(stage.browser, wide)
  await using own = await startFakeServer({ dist: stage.dist })
  const { page } = it
  await open(page, own.url + pages.project(project('hello')), 'Jobs by commit')
  await page.getByRole('link', { name: 'Settings' }).click()
  const submodules = page.getByRole('switch', { name: 'Submodules' })
  await submodules.waitFor()
  assert.equal(await submodules.isChecked(), false)
  await submodules.click()
  await page.getByText('on, saved').waitFor()
  assert.equal(await submodules.isChecked(), true)
  const stored = own.world.projects.find((each) => each.project.name === 'hello')
  assert.deepEqual(stored?.settings, { importFromDerivation: true, submodules: true, supersede: false })
  await open(page, page.url(), 'Git submodules')
  assert.equal(await submodules.isChecked(), true)
})

test('a setting that is refused stands as before, and the server’s words stand below it', async () => {
  await using it = await visit(stage.browser, wide)
  await using own = await startFakeServer({ dist: stage.dist })
  await open(it.page, own.url + pages.settings(project('hello')), 'Git submodules')
  const imports = it.page.getByRole('switch', { name: 'Import from derivation' })
  await it.page.locator('[role=switch]:enabled').first().waitFor()
  own.world.mayWrite = false
  await imports.click()
  await it.page.getByRole('alert').getByText('Changing this needs a sign-in.').waitFor()
  assert.equal(await imports.isChecked(), true)
  assert.deepEqual(await axeViolations(it.page), [])
})

test('one who may only read sees the settings, and why they can not be changed', async () => {
  await using it = await visit(stage.browser, wide)
  await using own = await startFakeServer({ dist: stage.dist })
  own.world.mayWrite = false
  await open(it.page, own.url + pages.settings(project('hello')), 'npx firn sign-in')
  assert.equal(await it.page.getByRole('switch').count(), 3)
  assert.equal(await it.page.locator('[role=switch]:disabled').count(), 3)
  assert.deepEqual(await axeViolations(it.page), [])
  await shoot(it.page, 'project-settings-reading-1280-light')
})
