import { glob, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** An import as written. A `type` import leaves nothing at run time; a `lazy` one, `import('…')`, happens when asked for. */
export type Import = { specifier: string; kind: 'value' | 'type' | 'lazy' }

/** A file of `packages/*\/src`, as the house rules see it. */
export type Source = {
  /** From `packages/` on, such as `server/src/build/store.ts`. */
  path: string
  package: string
  /** Folders below `src`, without the file's own name. */
  folders: string[]
  /** A test, or a part of the tests only. */
  isTest: boolean
  /** Without comments. */
  code: string
  lines: string[]
  imports: Import[]
}

const packagesFolder = fileURLToPath(new URL('../../..', import.meta.url))

/** Every TypeScript file below the packages' `src`; what a program generated is left out. */
export async function readSources(): Promise<Source[]> {
  const paths = await Array.fromAsync(glob('*/src/**/*.{ts,tsx}', { cwd: packagesFolder }))
  const ours = paths.filter((path) => !path.includes('/generated/')).sort()
  return await Promise.all(
    ours.map(async (path) => parseSource(path, await readFile(join(packagesFolder, path), 'utf8'))),
  )
}

export function parseSource(path: string, text: string): Source {
  const [packageName = '', , ...rest] = path.split('/')
  const code = withoutComments(text)
  return {
    path,
    package: packageName,
    folders: rest.slice(0, -1),
    isTest: /\.test\.tsx?$/.test(path) || path.includes('/testing/') || packageName === 'testkit',
    code,
    lines: text.split('\n'),
    imports: importsOf(code),
  }
}

/** The file of ours that an import names, as a `path` of a Source; undefined for anything installed or built in. */
export function targetOf(from: Source, { specifier }: Import): string | undefined {
  if (specifier.startsWith('.')) return join(dirname(from.path), specifier)
  const ours = /^@firn\/([^/]+)\/(.+)$/.exec(specifier)
  return ours === null ? undefined : `${ours[1]}/src/${ours[2]}.ts`
}

/** Biome puts every static import and re-export at the start of a line; that is what this relies on. */
const staticImport = /^(?:import|export)\s+(?:(type)\s+)?(?:[\w*{][^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm
const lazyImport = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

function importsOf(code: string): Import[] {
  const still = Array.from(
    code.matchAll(staticImport),
    ([, type, specifier = '']): Import => ({
      specifier,
      kind: type === undefined ? 'value' : 'type',
    }),
  )
  const lazy = Array.from(code.matchAll(lazyImport), ([, specifier = '']): Import => ({ specifier, kind: 'lazy' }))
  return [...still, ...lazy]
}

/** Block comments, and line comments that begin after blank space: enough for code in one style, where `//` in a URL follows a colon. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}
