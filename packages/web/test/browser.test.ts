import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pages } from '@firn/contract/paths'
import { drvPath, makeJob } from '../fake/make.ts'
import { startFakeServer } from '../fake/server.ts'
import { hostileText } from '../fake/stories/waiting.ts'
import { axeViolations, looks, open, openStage, openTab, scrollsSideways, shoot, type Visit, visit } from './browser.ts'
import { stories } from './pages.ts'

const at = { site: 'local', account: 'local' }
const wide = { scheme: 'light', width: 1280 } as const
const stage = openStage()
/** Who walks through all pages; there from the first test on, for hooks beside each other do not wait for each other. */
let walker: Visit | undefined

for (const [name, story] of Object.entries(stories)) {
  test(`page ${name}: nothing breaks, no axe violation, nothing scrolls sideways, light and dark, 1280 and 360`, async () => {
    walker ??= await visit(stage.browser, wide)
    await using it = await openTab(walker.page.context())
    await open(it.page, stage.fake.url + story.to, story.shows)
    for (const look of looks) {
      await it.page.emulateMedia({ colorScheme: look.scheme })
      await it.page.setViewportSize({ width: look.width, height: 860 })
      await it.page.locator(`html[data-mantine-color-scheme=${look.scheme}]`).waitFor({ state: 'attached' })
      assert.equal(await scrollsSideways(it.page), false, `scrolls sideways at ${look.width}`)
      // Both widths and both schemes are seen by axe; all four of the telling pages only, for time.
      const isSeen = (look.scheme === 'light') === (look.width === 1280)
      if (!isSeen && !story.isTelling) continue
      assert.deepEqual(await axeViolations(it.page, { again: look !== looks[0] }), [], `${look.scheme} ${look.width}`)
      await shoot(it.page, `${name}-${look.width}-${look.scheme}`, !story.isEndless)
    }
    const expected = story.refused ? it.complaints.filter((text) => !text.includes(story.refused ?? '')) : it.complaints
    assert.deepEqual(expected, [])
  })
}

test('what is kept is changed only after what that removes was shown', async () => {
  await using it = await visit(stage.browser, wide)
  await using own = await startFakeServer({ dist: stage.dist })
  await open(it.page, own.url + pages.operations(), 'What is kept of')
  const form = it.page.getByRole('region', { name: 'What is kept of Local' })
  await form.getByLabel('Logs: days they are kept').fill('30')
  assert.equal(await form.getByRole('button', { name: 'Save' }).count(), 0)
  await form.getByRole('button', { name: 'Show what this removes' }).click()
  await form.getByText('336 logs by their age').waitFor()
  assert.equal(own.world.retention.logDays, null)
  await form.getByLabel('Logs: days they are kept').fill('20')
  assert.equal(await form.getByText('336 logs by their age').count(), 0, 'figures of other days are not shown')
  await form.getByRole('button', { name: 'Show what this removes' }).click()
  await form.getByText('346 logs by their age').waitFor()
  await form.getByRole('button', { name: 'Save' }).click()
  await form.getByRole('button', { name: 'Show what this removes' }).waitFor()
  assert.equal(own.world.retention.logDays, 20)
})

test('hostile texts stay texts', async () => {
  for (const name of ['job-hostile', 'log-hostile', 'file-hostile', 'home'] as const) {
    await using it = await visit(stage.browser, wide)
    const story = stories[name] ?? assert.fail(name)
    await open(it.page, stage.fake.url + story.to, name === 'home' ? hostileText : story.shows)
    assert.equal(await it.page.locator('img[src=x], main script, main svg[onload], a[href^=javascript]').count(), 0)
    assert.doesNotMatch(await it.page.title(), /^owned/)
    assert.equal(await it.page.evaluate(() => /[\u202e\x1b]/.test(document.body.textContent)), false)
  }
})

test('a job turns green before the eyes: no reload, no jump', async () => {
  await using it = await visit(stage.browser, wide)
  await using own = await startFakeServer({ dist: stage.dist })
  await open(it.page, own.url + pages.job({ ...at, project: 'firmware-tools' }, 31), 'Runs now')
  await it.page.evaluate(() => Object.assign(window, { sameDocument: true }))
  for (let i = 0; i < 60 && own.world.findJob(own.running.jobId)?.at.job.endTime === null; i++) own.running.step()
  await it.page.getByText('All 60 attributes built.').waitFor()
  assert.match(await it.page.title(), /#31 succeeded/)
  assert.equal(await it.page.evaluate(() => 'sameDocument' in window), true)
  assert.equal(await it.page.getByText('Runs now').count(), 0)
})

test('a new commit waits above with its number until it is asked for', async () => {
  await using it = await visit(stage.browser, wide)
  await using own = await startFakeServer({ dist: stage.dist })
  await open(it.page, own.url + pages.project({ ...at, project: 'hello' }), 'Jobs by commit')
  const stored = own.world.projects.find((each) => each.project.name === 'hello') ?? assert.fail()
  const message = 'greet: a message that was not there'
  const job = makeJob(stored.project, { index: 50, message })
  stored.jobs.unshift({ job, part: {}, attributes: [] })
  own.world.announce({ kind: 'job', projectId: stored.project.id, jobIds: [job.id] })
  await it.page.getByRole('button', { name: '1 new' }).waitFor()
  assert.equal(await it.page.getByText(message).count(), 0)
  await it.page.getByRole('button', { name: '1 new' }).click()
  await it.page.getByText(message).waitFor()
})

test('a lost connection is said quietly and heals by itself, with what was missed', async () => {
  await using it = await visit(stage.browser, wide)
  const first = await startFakeServer({ dist: stage.dist })
  await open(it.page, `${first.url}/`, 'raspberry')
  await first[Symbol.asyncDispose]()
  await it.page.getByText('The connection to Firn is lost.').waitFor()
  await using second = await startFakeServer({ dist: stage.dist, port: Number(new URL(first.url).port) })
  const changed = second.world.projects[0]?.jobs[0] ?? assert.fail()
  changed.job.because = 'Changed while nobody heard.'
  await it.page.getByText('Changed while nobody heard.').waitFor()
  await it.page.getByText('The connection to Firn is lost.').waitFor({ state: 'detached' })
})

test('a stranger is told how to sign in, and sees the page afterwards', async () => {
  await using it = await visit(stage.browser, wide)
  await using own = await startFakeServer({ dist: stage.dist })
  own.world.signedIn = false
  await open(it.page, `${own.url}/`, 'npx firn sign-in')
  await shoot(it.page, 'sign-in-1280-light')
  assert.deepEqual(await axeViolations(it.page), [])
  own.world.signedIn = true
  await it.page.getByRole('button', { name: 'Try again' }).click()
  await it.page.getByText('raspberry').waitFor()
})

test('one who may only read is told so where adding an agent would be', async () => {
  await using it = await visit(stage.browser, wide)
  await using own = await startFakeServer({ dist: stage.dist })
  own.world.mayWrite = false
  await open(it.page, own.url + pages.agents(at), 'Adding one needs a sign-in')
  assert.equal(await it.page.getByRole('button', { name: 'Make a join token' }).count(), 0)
  await it.page.keyboard.press('?')
  await it.page.getByText('You read without having signed in.').waitFor()
})

test('keyboard: rows, open, filter, home, help', async () => {
  await using it = await visit(stage.browser, wide)
  await open(it.page, `${stage.fake.url}/`, 'parser')
  await it.page.keyboard.press('j')
  await it.page.keyboard.press('j')
  await it.page.keyboard.press('k')
  assert.equal(await it.page.evaluate(() => document.activeElement?.textContent), 'parser')
  await it.page.keyboard.press('Enter')
  await it.page.waitForURL('**/local/local/parser')
  await open(it.page, stage.fake.url + pages.job({ ...at, project: 'parser' }, 88), 'libparse')
  await it.page.keyboard.press('/')
  await it.page.keyboard.type('tool-c')
  await it.page.waitForURL('**name=tool-c')
  await it.page.getByText('1 of 33').waitFor()
  await it.page.locator('h1').click()
  await it.page.keyboard.press('?')
  await it.page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
  assert.deepEqual(await axeViolations(it.page), [])
  await it.page.keyboard.press('Escape')
  await it.page.getByRole('dialog').waitFor({ state: 'detached' })
  await it.page.keyboard.press('g')
  await it.page.keyboard.press('h')
  await it.page.waitForURL(`${stage.fake.url}/`)
})

test('fifty thousand attributes: any row at once, and filters by state and name', async () => {
  await using it = await visit(stage.browser, wide)
  await open(it.page, stage.fake.url + pages.job({ ...at, project: 'nixpkgs-subset' }, 7), '50,000 attributes')
  await it.page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
  await it.page.getByText('package-499').last().waitFor()
  assert.ok((await it.page.locator('li').count()) < 200)
  await it.page.getByRole('button', { name: 'failed 3' }).click()
  await it.page.getByText('3 of 50,000', { exact: true }).waitFor()
  await it.page.getByText('package-234').waitFor()
  await it.page.getByLabel('Filter by name or system').fill('set082')
  await it.page.getByText('1 of 50,000', { exact: true }).waitFor()
  assert.match(it.page.url(), /state=Failed/)
})

test('an agent is added: the token once, with the file and the command', async () => {
  await using it = await visit(stage.browser, wide)
  await using own = await startFakeServer({ dist: stage.dist })
  await open(it.page, own.url + pages.agents(at), 'Add an agent')
  await it.page.getByLabel('What the join token is for').fill('new farm')
  await it.page.getByRole('button', { name: 'Make a join token' }).click()
  await it.page.getByText('npx firn agent --config agent.toml').waitFor()
  await it.page.getByText('apiBaseUrl = "http://127.0.0.1:8080"').first().waitFor()
  await shoot(it.page, 'agents-token-1280-light')
  assert.deepEqual(await axeViolations(it.page), [])
  const kept = it.page.getByRole('button', { name: 'I have kept it' })
  await kept.click()
  await kept.waitFor({ state: 'detached' })
  await it.page.getByText('new farm').waitFor()
  assert.equal(await it.page.getByText('not-a-real-token').count(), 0)
  await it.page.getByRole('button', { name: 'Delete new farm' }).click()
  await it.page.getByRole('button', { name: 'Delete: no new agent' }).click()
  await it.page.getByText('new farm').waitFor({ state: 'detached' })
})

test('a derivation is built again and cancelled, a job is run again', async () => {
  await using it = await visit(stage.browser, wide)
  await using own = await startFakeServer({ dist: stage.dist })
  await open(it.page, own.url + pages.derivation(at, drvPath('libparse-2.4.1')), 'strlcpy')
  await it.page.getByRole('button', { name: 'Build again' }).click()
  await it.page.getByText('Waits for a free slot.').waitFor()
  await it.page.getByRole('button', { name: 'Cancel the build' }).click()
  await it.page.getByText('Cancelled by Ada. It is built when somebody asks for it again.').waitFor()
  await open(it.page, own.url + pages.job({ ...at, project: 'parser' }, 88), 'Needs attention')
  await it.page.getByRole('button', { name: 'Run again', exact: true }).click()
  await it.page.waitForURL('**/jobs/89')
  await it.page.getByText('Rerun of').waitFor()
})

test('a running job is put first, and cancelled', async () => {
  await using it = await visit(stage.browser, wide)
  await using own = await startFakeServer({ dist: stage.dist })
  await open(it.page, own.url + pages.job({ ...at, project: 'firmware-tools' }, 31), 'Do this first')
  await it.page.getByRole('button', { name: 'Do this first' }).click()
  await it.page.getByRole('button', { name: 'Comes first' }).waitFor()
  await it.page.getByRole('button', { name: 'Cancel', exact: true }).click()
  await it.page.getByText('Cancelled by Ada.').waitFor()
  assert.equal(await it.page.getByRole('button', { name: 'Cancel', exact: true }).count(), 0)
})
