import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pages } from '@firn/contract/paths'
import type { Page } from 'playwright-core'
import { idOf, revOf } from '../fake/make.ts'
import { startFakeServer } from '../fake/server.ts'
import { oddNames } from '../fake/stories/files.ts'
import { open, openStage, visit } from './browser.ts'

/** From an error to the line it is about. */
const project = (name: string) => ({ site: 'local', account: 'local', project: name })
const rev = revOf('greeter 13')
const wide = { scheme: 'light', width: 1280 } as const
const stage = openStage()

const filePage = (path: string, line?: number) => stage.fake.url + pages.file(project('greeter'), rev, path, line)
const marked = (page: Page) => page.locator('[data-marked] > a').allTextContents()
const region = (page: Page, name: string) => page.getByRole('region', { name, exact: true })
/** The line is where one can see it. */
const inSight = (page: Page, text: string) =>
  page.waitForFunction((wanted) => {
    const row = [...document.querySelectorAll('li')].find((it) => it.querySelector('code')?.textContent === wanted)
    const box = row?.getBoundingClientRect()
    return box && box.top >= 0 && box.bottom <= window.innerHeight
  }, text)

test('from a failing attribute to the line, which is marked and in sight', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, stage.fake.url + pages.job(project('greeter'), 13), 'Needs attention')
  const attributes = region(page, 'Attributes')
  await attributes.getByText("attribute 'gtk4-layer' missing").first().click()
  await attributes.getByRole('link', { name: 'gui/default.nix, line 60' }).click()
  await page.waitForURL(`**${pages.file(project('greeter'), rev, 'gui/default.nix', 60)}`)
  await inSight(page, '    pkgs.gtk4-layer')
  assert.deepEqual(await marked(page), ['60'])
  assert.equal(await page.title(), `default.nix at ${rev.slice(0, 8)} · greeter · Firn`)
  await page.goBack()
  await page.getByText('Needs attention').waitFor()
  assert.deepEqual(it.complaints, [])
})

test('the places in message and trace are links too; beside the heading the place can be copied', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, stage.fake.url + pages.job(project('greeter'), 13), 'Needs attention')
  const cause = region(page, 'Needs attention')
  await cause.getByRole('button', { name: 'copy the place' }).waitFor()
  await cause.getByRole('link', { name: './gui/default.nix:60:12', exact: true }).waitFor()
  await cause.getByText('trace', { exact: true }).click()
  await cause.getByRole('link', { name: './flake.nix:31:9', exact: true }).click()
  await page.waitForURL('**/files/flake.nix#L31')
  await inSight(page, '  # line 31')
})

test('a comparison leads to the line as well', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, stage.fake.url + pages.compare(project('greeter'), 13, idOf('job greeter 12')), '1 newly failing')
  await region(page, 'Newly failing').getByText("attribute 'gtk4-layer' missing").first().click()
  await page.getByRole('link', { name: 'gui/default.nix, line 60' }).click()
  await inSight(page, '    pkgs.gtk4-layer')
})

test('of a repository elsewhere the link leads to its host, and tells it nothing of where it came from; an input has none', async () => {
  await using it = await visit(stage.browser, wide)
  await open(it.page, stage.fake.url + pages.job(project('telescope'), 1), 'mirror set.nix, line 7')
  const link = it.page.getByRole('link', { name: 'nix/mirror set.nix, line 7' })
  const address = `https://forge.example/team/telescope/blob/${revOf('telescope 1')}/nix/mirror%20set.nix#L7`
  assert.equal(await link.getAttribute('href'), address)
  assert.equal(await link.getAttribute('rel'), 'noreferrer noopener')
  await it.page.getByText('trace', { exact: true }).click()
  await it.page.getByText('lib/attrsets.nix:1:2').waitFor()
  assert.equal(await it.page.getByRole('link', { name: /attrsets/ }).count(), 0)
})

test('the setting is made on the project’s page, and a bad one is refused with a sentence', async () => {
  await using it = await visit(stage.browser, wide)
  await using own = await startFakeServer({ dist: stage.dist })
  const { page } = it
  await open(page, own.url + pages.settings(project('telescope')), 'The last look failed')
  await page.getByText('Change it').click()
  const field = page.getByLabel('Link to a line of a file')
  await field.fill('https://cgit.example/{name}/tree/{file}')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('has {file}, which nothing is known of').waitFor()
  await field.fill('https://cgit.example/{name}/tree/{path}?id={rev}#n{line}')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('saved', { exact: true }).waitFor()
  await open(page, own.url + pages.job(project('telescope'), 1), 'mirror set.nix, line 7')
  const link = page.getByRole('link', { name: 'nix/mirror set.nix, line 7' })
  assert.match((await link.getAttribute('href')) ?? '', /^https:\/\/cgit\.example\/telescope\/tree\/nix\/mirror%20set/)
})

test('lines of a file have addresses, ranges too, and choosing one moves nothing', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, filePage('long.nix', 20_000), '30,000 lines')
  await inSight(page, 'entry-20000')
  assert.ok((await page.locator('li').count()) < 200)
  const before = await page.evaluate(() => window.scrollY)
  const number = (n: number) => page.getByRole('link', { name: String(n), exact: true })
  await number(20_003).click({ modifiers: ['Shift'] })
  await page.waitForURL('**/long.nix#L20000-L20003')
  assert.deepEqual(await marked(page), ['20000', '20001', '20002', '20003'])
  await number(20_002).click()
  await page.waitForURL('**/long.nix#L20002')
  assert.deepEqual(await marked(page), ['20002'])
  assert.equal(await page.evaluate(() => window.scrollY), before)
  await page.evaluate(() => {
    location.hash = '#L12-L20'
  })
  await inSight(page, 'entry-12')
  assert.equal((await marked(page)).length, 9)
  await open(page, `${filePage('long.nix')}#L40000`, '30,000 lines')
  await inSight(page, 'entry-1')
  assert.deepEqual(it.complaints, [])
})

test('down the folders and up again, whatever the names', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, filePage(''), 'flake.nix')
  assert.equal((await page.locator('li code').allTextContents())[0], 'gui/')
  await page.getByRole('link', { name: 'gui/' }).click()
  await page.getByRole('link', { name: 'theme.nix' }).click()
  await page.getByText('It leads to /etc/passwd, and is not followed here.').waitFor()
  await page.getByRole('link', { name: 'gui', exact: true }).click()
  await page.getByRole('link', { name: 'greet.png' }).click()
  const saved = page.waitForEvent('download')
  await page.getByRole('link', { name: 'downloaded' }).click()
  assert.equal((await saved).suggestedFilename(), 'file')
  for (const name of oddNames) {
    await open(page, filePage('odd'), `Folder of ${oddNames.length} names`)
    const links = page.locator('[data-row]')
    await links.nth(oddNames.indexOf(name)).click()
    await page.getByText(`this is ${JSON.stringify(name)}`, { exact: true }).waitFor()
    await page.getByRole('link', { name: '1', exact: true }).click()
    await page.waitForURL('**#L1')
    await page.reload()
    await page.getByText(`this is ${JSON.stringify(name)}`, { exact: true }).waitFor()
    assert.deepEqual(await marked(page), ['1'], name)
  }
  assert.deepEqual(it.complaints, [])
})
