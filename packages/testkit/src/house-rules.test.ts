/** The rules of ARCHITECTURE.md that a program can check, checked; and each check shown to find what it looks for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { circles } from './house/circles.ts'
import { foreignImports } from './house/package-rules.ts'
import { crossings, foreignStores } from './house/room-rules.ts'
import { type Import, parseSource, readSources, type Source } from './house/sources.ts'
import { barrels, exits, impurities, longFiles, readersOfEnvironment } from './house/text-rules.ts'

const sources = await readSources()

type Rule = (sources: readonly Source[]) => string[]
type Case = {
  title: string
  rule: Rule
  /** Files that break the rule, by path; each alone is found. */
  refused: Record<string, string>
  /** Files that don't. */
  accepted: Record<string, string>
}

const atRunTime = ({ kind }: Import) => kind === 'value'
const circle = (one: string, two: string) => (found: readonly Source[]) =>
  circles([...found, parseSource(one, two)], atRunTime)

const cases: Case[] = [
  {
    title: 'packages import only what their reason to exist allows',
    rule: foreignImports,
    refused: {
      'core/src/a.ts': `import { Job } from '@firn/contract/api/job'`,
      'core/src/b.ts': `import { readFile } from 'node:fs/promises'`,
      'contract/src/c.ts': `import pino from 'pino'`,
      'web/src/d.tsx': `import { connect } from '@firn/server/db/connect'`,
      'server/src/build/e.ts': `import {\n  find,\n} from '@firn/nix/daemon/client'`,
      'server/src/build/f.ts': `import { wait } from '@firn/testkit/wait'`,
      'agent/src/g.ts': `export { startServer } from '@firn/server/app'`,
      'base/src/h.ts': `const job = await import('@firn/contract/api/job')`,
      'nix/src/i.ts': `import type { Job } from '../../contract/src/api/job.ts'`,
      'shared/src/j.ts': `import 'zod'`,
    },
    accepted: {
      'core/src/a.ts': `import type { Job } from '@firn/contract/api/job'\n// import 'pino'\n/* import 'pino' */`,
      'core/src/b.test.ts': `import { Job } from '@firn/contract/api/job'\nimport { test } from 'node:test'`,
      'server/src/build/c.ts': `import { storeDir } from '@firn/nix/store-path'`,
      'server/src/build/d.test.ts': `import { wait } from '@firn/testkit/wait'`,
    },
  },
  {
    title: 'rooms of the server: ground imports to its left, a step imports ground and steps to its right',
    rule: crossings,
    refused: {
      'server/src/db/a.ts': `import { announce } from '../outbox/announce.ts'`,
      'server/src/logs/b.ts': `import type { Job } from '../job/create-job.ts'`,
      'server/src/build/c.ts': `import { foldJob } from '../job/fold-job.ts'`,
      'server/src/build/d.ts': `import type { Parts } from '../parts.ts'`,
      'server/src/tools/e.ts': `import { db } from '../db/connect.ts'`,
      'server/src/forge/git/f.ts': `import { routes } from '../../http/api.ts'`,
    },
    accepted: {
      'server/src/http/a.ts': `import { announce } from '../outbox/announce.ts'`,
      'server/src/trigger/b.ts': `import { createJob } from '../job/create-job.ts'\nimport { db } from '../db/connect.ts'`,
      'server/src/app.ts': `import { createJob } from './job/create-job.ts'`,
      'server/src/forge/git/d.ts': `import { refs } from '../refs.ts'`,
    },
  },
  {
    title: "nobody imports another room's store",
    rule: foreignStores,
    refused: { 'server/src/job/a.ts': `import { readTask } from '../dispatch/store.ts'` },
    accepted: {
      'server/src/job/a.ts': `import { readJob } from './store.ts'`,
      'server/src/app.ts': `import './outbox/store.ts'`,
    },
  },
  {
    title: 'no circles of imports at run time',
    rule: circle('core/src/b.ts', `import { a } from './a.ts'`),
    refused: { 'core/src/a.ts': `import { b } from './b.ts'` },
    accepted: { 'core/src/a.ts': `import type { B } from './b.ts'\nconst lazy = () => import('./b.ts')` },
  },
  {
    title: 'no circles of imports, types included',
    rule: (found) =>
      circles([...found, parseSource('core/src/b.ts', `import { a } from './a.ts'`)], ({ kind }) => kind !== 'lazy'),
    refused: { 'core/src/a.ts': `import type { B } from './b.ts'` },
    accepted: { 'core/src/a.ts': `import type { C } from './c.ts'` },
  },
  {
    title: 'no barrel files',
    rule: barrels,
    refused: { 'core/src/job/index.ts': '' },
    accepted: { 'core/src/job/reindex.ts': '' },
  },
  {
    title: 'environment and arguments are read in main.ts only',
    rule: readersOfEnvironment,
    refused: { 'server/src/config.ts': 'const port = process.env.PORT', 'cli/src/up.ts': 'process.argv.slice(2)' },
    accepted: {
      'cli/src/main.ts': 'process.argv',
      'cli/src/a.test.ts': 'process.env',
      'cli/src/b.ts': '// process.env',
    },
  },
  {
    title: 'no process.exit outside main.ts',
    rule: exits,
    refused: { 'cli/src/commands/up.ts': 'process.exit(1)' },
    accepted: { 'cli/src/main.ts': 'process.exit(1)', 'cli/src/b.ts': 'process.exitCode = 1' },
  },
  {
    title: 'core reads no clock and rolls no dice',
    rule: impurities,
    refused: { 'core/src/a.ts': 'Date.now()', 'core/src/b.ts': 'new Date()', 'core/src/c.ts': 'Math.random()' },
    accepted: {
      'core/src/a.ts': 'new Date(instant)',
      'core/src/a.test.ts': 'Date.now()',
      'base/src/b.ts': 'Date.now()',
    },
  },
  {
    title: 'a file of more than 400 lines says why',
    rule: longFiles,
    refused: { 'core/src/a.ts': '\n'.repeat(400) },
    accepted: {
      'core/src/a.ts': `/** Long because it is a table. */${'\n'.repeat(500)}`,
      'core/src/b.ts': '\n'.repeat(399),
    },
  },
]

for (const { title, rule, refused, accepted } of cases) {
  test(title, () => assert.deepEqual(rule(sources), []))

  test(`the check finds it: ${title}`, () => {
    for (const [path, text] of Object.entries(refused))
      assert.equal(rule([parseSource(path, text)]).length, 1, `${path}: ${text.slice(0, 100)}`)
    for (const [path, text] of Object.entries(accepted)) assert.deepEqual(rule([parseSource(path, text)]), [], path)
  })
}

test('the files are found', () => {
  const found = new Set(sources.map((source) => source.package))
  assert.deepEqual([...found].sort(), ['agent', 'base', 'cli', 'contract', 'core', 'nix', 'server', 'testkit', 'web'])
  const app = sources.find(({ path }) => path === 'server/src/app.ts')
  assert.ok((app?.imports.length ?? 0) > 30, 'app.ts wires everything, so its imports are many')
})
