import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Browser, chromium, type Page } from 'playwright-core'

const shots = fileURLToPath(new URL('../../../test-results/web/', import.meta.url))
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

export type BuiltPage = AsyncDisposable & { dist: string }

/** Builds the page as it stands into a folder of its own, so that tests of several processes do not meet. */
export async function buildPage(): Promise<BuiltPage> {
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

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })

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
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() }
}

/** Opens an address and waits until a text shows that it is there. */
export async function open(page: Page, url: string, shows: string): Promise<void> {
  await page.goto(url)
  await page.getByText(shows).first().waitFor()
}

/** The rules that the page breaks, each with the elements that do. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(axePath, 'utf8'))
  return page.evaluate(async () => {
    // biome-ignore lint/suspicious/noExplicitAny: axe puts itself on the window
    const { violations } = await (window as any).axe.run(document, { resultTypes: ['violations'] })
    // biome-ignore lint/suspicious/noExplicitAny: as above
    return violations.map((it: any) => `${it.id}: ${it.nodes.map((node: any) => node.html).join(' | ')}`)
  })
}

export const scrollsSideways = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)

export async function shoot(page: Page, name: string, fullPage = true): Promise<void> {
  await mkdir(shots, { recursive: true })
  await page.screenshot({ path: `${shots}${name}.png`, fullPage })
}
