import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { type FakeServer, startFakeServer } from '../fake/server.ts'

const shots = fileURLToPath(new URL('../../../test-results/web/', import.meta.url))
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

type BuiltPage = AsyncDisposable & { dist: string }

/**
 * Builds the page as it stands into a folder of its own, so that tests of several processes do not meet. `./test` has built it
 * already, and says where.
 */
async function buildPage(): Promise<BuiltPage> {
  const given = process.env.FIRN_TEST_WEB_DIST
  if (given !== undefined) return { dist: given, [Symbol.asyncDispose]: async () => {} }
  const dist = await mkdtemp(join(tmpdir(), 'firn-web-'))
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin/vite.js')
  await promisify(execFile)(
    process.execPath,
    [vite, 'build', '--logLevel', 'error', '--emptyOutDir', '--outDir', dist],
    {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
    },
  )
  return { dist, [Symbol.asyncDispose]: () => rm(dist, { recursive: true, force: true }) }
}

const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })

/** The page, a server with made-up data behind it, and a browser. */
export type Stage = { dist: string; fake: FakeServer; browser: Browser }

/** What the tests of a file share, from its first test to its last. */
export function openStage(): Stage {
  const opened = new AsyncDisposableStack()
  let stage: Stage | undefined
  before(async () => {
    const { dist } = opened.use(await buildPage())
    const fake = opened.use(await startFakeServer({ dist }))
    const browser = await launch()
    opened.defer(() => browser.close())
    stage = { dist, fake, browser }
  })
  after(() => opened.disposeAsync())
  const there = () => stage ?? assert.fail('asked for before the first test')
  return {
    get dist() {
      return there().dist
    },
    get fake() {
      return there().fake
    },
    get browser() {
      return there().browser
    },
  }
}

export type Look = { scheme: 'light' | 'dark'; width: 360 | 1280 }
export const looks: readonly Look[] = [
  { scheme: 'light', width: 1280 },
  { scheme: 'dark', width: 1280 },
  { scheme: 'light', width: 360 },
  { scheme: 'dark', width: 360 },
]

/** What a page must not do, gathered while it is open: errors of scripts, and breaches of the security policy. */
export type Visit = AsyncDisposable & { page: Page; complaints: string[] }

export async function visit(browser: Browser, { scheme, width }: Look): Promise<Visit> {
  const context = await browser.newContext({
    colorScheme: scheme,
    viewport: { width, height: width === 360 ? 740 : 860 },
    reducedMotion: 'reduce',
    bypassCSP: false,
  })
  return { ...(await openTab(context)), [Symbol.asyncDispose]: () => context.close() }
}

/** Another page of a visitor who has been here before, and has the scripts. */
export async function openTab(context: BrowserContext): Promise<Visit> {
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  return { page, complaints, [Symbol.asyncDispose]: () => page.close() }
}

/** Opens an address and waits until a text shows that it is there. */
export async function open(page: Page, url: string, shows: string): Promise<void> {
  await page.goto(url)
  await page.getByText(shows).first().waitFor()
}

/** The rules whose answer is another one in other colours or at another width. */
const rulesOfLooks = ['color-contrast', 'link-in-text-block', 'scrollable-region-focusable']

/** The rules that the page breaks, each with the elements that do; of a page in another look, those rules that look at it. */
export async function axeViolations(page: Page, { again = false } = {}): Promise<string[]> {
  if (!again) await page.evaluate(await readFile(axePath, 'utf8'))
  const only = again ? { runOnly: { type: 'rule', values: rulesOfLooks } } : {}
  return page.evaluate(
    async (options) => {
      // biome-ignore lint/suspicious/noExplicitAny: axe puts itself on the window
      const { violations } = await (window as any).axe.run(document, options)
      // biome-ignore lint/suspicious/noExplicitAny: as above
      return violations.map((it: any) => `${it.id}: ${it.nodes.map((node: any) => node.html).join(' | ')}`)
    },
    { resultTypes: ['violations'], ...only },
  )
}

export const scrollsSideways = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)

/** Takes a picture for people, where `FIRN_TEST_SHOTS` asks for them. */
export async function shoot(page: Page, name: string, fullPage = true): Promise<void> {
  if (!process.env.FIRN_TEST_SHOTS) return
  await mkdir(shots, { recursive: true })
  await page.screenshot({ path: `${shots}${name}.png`, fullPage })
}
