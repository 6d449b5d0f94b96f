import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pages } from '@firn/contract/paths'
import type { Page } from 'playwright-core'
import { drvPath } from '../fake/make.ts'
import { open, openStage, shoot, visit } from './browser.ts'

/** The log page in a browser. */
const at = { site: 'local', account: 'local' }
const wide = { scheme: 'light', width: 1280 } as const
const logPage = (name: string) => stage.fake.url + pages.derivationLog(at, drvPath(name))
const stage = openStage()

const numbers = (page: Page) =>
  page.locator('section[aria-label=Log] a').evaluateAll((links) => links.map((link) => Number(link.textContent)))
const line = (page: Page, n: number) => page.locator('section[aria-label=Log] a', { hasText: new RegExp(`^${n}$`) })

test('a million lines: any place at once, a wheel turn is a wheel turn, little in the page', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, logPage('rustc-stage2'), '1,000,000 lines')
  const log = page.getByLabel('Log', { exact: true })
  await page.getByText('step 25').first().waitFor()

  const took: number[] = []
  for (const fraction of [0.5, 0.25, 0.9, 0.1, 0.66]) {
    const from = performance.now()
    await log.evaluate((element, part) => {
      element.scrollTop = (element.scrollHeight - element.clientHeight) * part
    }, fraction)
    const expected = Math.round(1_000_000 * fraction)
    await page.waitForFunction(
      (near) =>
        [...document.querySelectorAll('section[aria-label=Log] > div > div > div > div')].some(
          (row) =>
            Math.abs(Number(row.querySelector('a')?.textContent) - near) < 60 &&
            row.querySelector('code')?.textContent?.includes('crate-'),
        ),
      expected,
    )
    took.push(performance.now() - from)
  }
  console.log(`1,000,000 lines: jumps took ${took.map((ms) => Math.round(ms)).join(', ')} ms`)

  const before = (await numbers(page))[0] ?? 0
  await log.hover()
  await page.mouse.wheel(0, 100)
  await page.waitForFunction(
    (first) => Number(document.querySelector('section[aria-label=Log] a')?.textContent) === first + 5,
    before,
  )
  await log.focus()
  await page.keyboard.press('End')
  await line(page, 1_000_000).waitFor()
  await page.keyboard.press('Home')
  await line(page, 1).waitFor()
  assert.ok((await page.locator('section[aria-label=Log] *').count()) < 500)
  assert.deepEqual(it.complaints, [])
})

test('a line and a range have an address that opens there', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, `${logPage('rustc-stage2')}#L500000`, '1,000,000 lines')
  await page.getByText('step 499999').waitFor()
  await line(page, 500_002).click({ modifiers: ['Shift'] })
  await page.waitForURL('**#L500000-L500002')
  assert.equal(await page.locator('[data-marked]').count(), 3)
  await line(page, 500_001).click()
  await page.waitForURL('**#L500001')
  assert.equal(await page.locator('[data-marked]').count(), 1)
  await shoot(page, 'log-range-1280-light', false)
})

test('a failed log opens at its last error-like line; phases fold; search counts and goes round', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, logPage('libparse-2.4.1'), 'strlcpy')
  assert.equal(await page.locator('[data-marked] a').textContent(), '12')
  await page.getByRole('button', { name: 'Lines of buildPhase' }).click()
  await page.getByText('(8 lines folded)').waitFor()
  assert.deepEqual(await numbers(page), [1, 2, 3, 4])
  await page.keyboard.press('/')
  await page.keyboard.type('STRLCPY')
  await page.getByText('0 of 2').waitFor()
  await page.keyboard.press('Enter')
  await page.getByText('1 of 2').waitFor()
  assert.equal((await numbers(page)).length, 12, 'the fold opened for the match')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await page.getByText('1 of 2').waitFor()
  assert.ok((await page.locator('mark').count()) >= 2)
})

test('a log that is written is followed; looking back stops that, and following begins again', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, logPage('linux-6.18'), 'option-299')
  stage.fake.running.logStep('LD vmlinux')
  await page.getByText('LD vmlinux').waitFor()
  await page.getByLabel('Log', { exact: true }).hover()
  await page.mouse.wheel(0, -2000)
  await page.getByRole('button', { name: 'Follow the end', pressed: false }).waitFor()
  const top = (await numbers(page))[0]
  for (let i = 0; i < 50; i++) stage.fake.running.logStep(`late ${i}`)
  await page.getByText('352 lines so far').waitFor()
  assert.equal((await numbers(page))[0], top, 'nothing jumps')
  await page.locator('h1').click()
  await page.keyboard.press('f')
  await page.getByText('late 49').waitFor()
})

test('the whole log can be saved as text', async () => {
  await using it = await visit(stage.browser, wide)
  await open(it.page, logPage('libparse-2.4.1'), 'strlcpy')
  const saved = it.page.waitForEvent('download')
  await it.page.getByRole('link', { name: 'download' }).click()
  const download = await saved
  const text = (await (await download.createReadStream()).toArray()).join('')
  assert.match(text, /implicit declaration of function/)
})

test('search goes through a million lines on the server, and goes to each', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, logPage('rustc-stage2'), '1,000,000 lines')
  await page.keyboard.press('/')
  await page.keyboard.type('step 98765')
  await page.getByText('0 of 11').waitFor()
  await page.keyboard.press('Enter')
  await page.getByText('1 of 11').waitFor()
  await page.locator('[data-marked]', { hasText: 'step 98765' }).waitFor()
  await page.keyboard.press('Shift+Enter')
  await page.locator('[data-marked]', { hasText: 'step 987659' }).waitFor()
  await page.getByLabel('Search the log').fill('nowhere at all')
  await page.getByText('none', { exact: true }).waitFor()
  assert.deepEqual(it.complaints, [])
})

test('the phases of a million lines are known at once: the heading stays, folds, and leads to each', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, `${logPage('rustc-stage2')}#L600000`, '1,000,000 lines')
  const heading = page.getByRole('button', { name: /Phase$/, expanded: true }).first()
  await page.getByText('lines 500,002–666,668').waitFor()
  assert.match((await heading.textContent()) ?? '', /buildPhase/)
  await heading.click()
  await page.getByText('(166,666 lines folded)').waitFor()
  await page.getByLabel('Go to a phase').selectOption('checkPhase')
  await line(page, 666_669).waitFor()
  assert.deepEqual(it.complaints, [])
})

test('what is left out of a log is one line that says so, and numbers go on behind it', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, `${logPage('chatty-tests')}#L999999`, 'Firn left out 1,000,000 lines (87 MiB) here')
  await page.getByText('step 2000001').waitFor()
  const shown = await numbers(page)
  assert.ok(shown.includes(1_000_000) && shown.includes(2_000_001) && !shown.includes(1_000_001))
  await shoot(page, 'log-cut-1280-light', false)
})

test('a search of all logs of a job leads to the line', async () => {
  await using it = await visit(stage.browser, wide)
  const { page } = it
  await open(page, stage.fake.url + pages.jobLogs({ ...at, project: 'parser' }, 88, 'STRLCPY'), 'whole log')
  await page.getByText('2 lines').waitFor()
  await page.getByRole('link', { name: 'line 8' }).click()
  await page.locator('[data-marked] a', { hasText: /^8$/ }).waitFor()
  assert.deepEqual(it.complaints, [])
})
