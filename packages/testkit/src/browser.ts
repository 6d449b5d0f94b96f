/** A real browser, looked at as a person would and checked for accessibility. */
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { z } from 'zod'

const screenshots = join(import.meta.dirname, '../../../test-results')
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

export type TestBrowser = AsyncDisposable & { browser: Browser }

export async function openBrowser(): Promise<TestBrowser> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  })
  return { browser, [Symbol.asyncDispose]: () => browser.close() }
}

export async function screenshot(page: Page, name: string): Promise<void> {
  await mkdir(screenshots, { recursive: true })
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true })
}

/** Violations as `rule: element`, none on a good page. */
export async function axeViolations(page: Page): Promise<string[]> {
  // The page's own policy forbids scripts that it does not serve; this one is evaluated by the test, from outside.
  await page.evaluate(await readFile(axe, 'utf8'))
  const { violations } = Found.parse(await page.evaluate('axe.run()'))
  return violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html.slice(0, 200)}`))
}

const Found = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
})
