import type { Source } from './sources.ts'

/** Programs of their own, which read their environment or set their exit status as a `main.ts` does. */
const mains = [/\/main\.tsx?$/, /^server\/src\/forge\/git\/post-receive\.ts$/]
const isMain = ({ path }: Source) => mains.some((main) => main.test(path))

const linesMax = 400

/** A package's `exports` name its doors; an index that hands everything on makes circles and hides who uses what. */
export function barrels(sources: readonly Source[]): string[] {
  return sources.filter(({ path }) => /\/index\.tsx?$/.test(path)).map(({ path }) => path)
}

/** Environment and arguments are read once, by the program's main; tests may read what the machine offers. */
export function readersOfEnvironment(sources: readonly Source[]): string[] {
  return mentions(
    sources.filter((source) => !isMain(source) && !source.isTest),
    /\bprocess\.(?:env|argv)\b/,
  )
}

/** Only a program's main ends it; tests write programs that end themselves. */
export function exits(sources: readonly Source[]): string[] {
  return mentions(
    sources.filter((source) => !isMain(source) && !source.isTest),
    /\bprocess\.(?:exit|abort)\(/,
  )
}

/** No decision reads the clock or is left to chance; what the compiler doesn't already refuse in core. */
export function impurities(sources: readonly Source[]): string[] {
  const decisions = sources.filter((source) => source.package === 'core' && !source.isTest)
  return mentions(decisions, /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bTemporal\.Now\b/)
}

/** A file above the size that two screens hold says in its first lines why it is long. */
export function longFiles(sources: readonly Source[]): string[] {
  return sources
    .filter(({ lines }) => lines.length > linesMax && !/long because/i.test(lines.slice(0, 10).join('\n')))
    .map(({ path, lines }) => `${path} has ${lines.length} lines and does not say "Long because …" in its first ten`)
}

function mentions(sources: readonly Source[], pattern: RegExp): string[] {
  return sources.flatMap(({ path, code }) => {
    const found = pattern.exec(code)
    return found === null ? [] : [`${path} uses ${found[0]}`]
  })
}
