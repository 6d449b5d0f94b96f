/**
 * Writes `docs/conformance.md`: each numbered statement of the behaviour that Firn follows, the tests whose titles begin
 * with its number, and whether it holds. `--check` says instead what is wrong with the document and with the notes.
 *
 *   titles in packages/**\/*.test.ts and fixtures/evaluation/*\/expected.json ─┐
 *   docs/conformance-notes.json: the numbers, our words for them, our notes   ─┴▶ docs/conformance.md
 */
import { glob, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const inOrder = new Intl.Collator('en', { numeric: true })
const target = 'docs/conformance.md'
const notesFile = 'docs/conformance-notes.json'

/** Why a statement has no test, or what its tests show instead. */
const kinds = ['differs', 'later', 'untestable'] as const
type Kind = (typeof kinds)[number]
const words: Record<Kind, string> = { differs: 'differs', later: 'later', untestable: 'not testable here' }
/** `tested`: its tests show the difference, or the part that is there already. */
type Note = { kind: Kind; text: string; tested: boolean }
type Statement = { number: string; about: string; note: Note | undefined }
/** A section's note is that of its statements that have neither test nor note. */
type Section = { number: string; title: string; note: Note | undefined }
/** `place` is the test file or the fixture's folder. */
type Title = { place: string; text: string }

const { sections, statements } = readNotes(JSON.parse(await readFile(join(root, notesFile), 'utf8')))
const places = new Map<string, Set<string>>(statements.map(({ number }) => [number, new Set()]))
const problems: string[] = []
for (const { place, text } of await collectTitles()) {
  for (const number of numbersOf(text)) {
    const known = places.get(number)
    if (known) known.add(place)
    else if (!isOther(number)) problems.push(`${place}: there is no statement ${number} (“${text}”)`)
  }
}
for (const statement of statements) problems.push(...problemsOf(statement))

const document = [head(), ...sections.flatMap(sectionText)].join('\n')
if (process.argv.includes('--check')) {
  if (withoutPadding(await readFile(join(root, target), 'utf8').catch(() => '')) !== withoutPadding(document))
    problems.push(`${target} is not what the tests say: run \`node scripts/conformance.ts\``)
} else await writeFile(join(root, target), document)
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

/** A formatter of Markdown may widen the columns of a table. */
function withoutPadding(text: string): string {
  return text.replace(/ +/g, ' ').replace(/-{3,}/g, '---')
}

// --- titles -----------------------------------------------------------------------------------------------------------

/** Texts of test files that begin with a number of three parts or of a test vector: titles, and rows that become titles. */
async function collectTitles(): Promise<Title[]> {
  const literal = /(?<=[([,:]\s*|^\s*)(['"`])(?=\d+\.\d+(?:\.\d+[a-z]?)?[ ,–])(.+?)\1/gm
  const titles: Title[] = []
  for (const file of (await filesLike('packages/*/{src,test}/**/*.test.{ts,tsx}')).sort()) {
    const code = await readFile(join(root, file), 'utf8')
    for (const [, , text = ''] of code.matchAll(literal)) titles.push({ place: file, text })
  }
  for (const file of (await filesLike('fixtures/evaluation/*/expected.json')).sort()) {
    const code = await readFile(join(root, file), 'utf8')
    for (const [, text = ''] of code.matchAll(/"title": "([^"\\]+)/g)) titles.push({ place: join(file, '..'), text })
  }
  return titles
}

async function filesLike(pattern: string): Promise<string[]> {
  return await Array.fromAsync(glob(pattern, { cwd: root, exclude: (name) => basename(name) === 'node_modules' }))
}

/** Of `1.4.1–1.4.3, 1.5.1 some words; 2.7.6 others`: all of them. A range follows the order of the notes. */
function numbersOf(title: string): string[] {
  return title.split(/; (?=\d+\.\d+\.\d)/).flatMap((part) => {
    const [heading = ''] = /^(?:\d+\.\d+(?:\.\d+[a-z]?)?(?:, | |–|$))+/.exec(part) ?? []
    return heading.split(/, | /).filter(Boolean).flatMap(expand)
  })
}

function expand(range: string): string[] {
  const [first = '', last = first] = range.split('–')
  const [from, to] = [first, last].map((number) => statements.findIndex((statement) => statement.number === number))
  if (from === undefined || to === undefined || from < 0 || to < from) return first === last ? [first] : [first, last]
  return statements.slice(from, to + 1).map(({ number }) => number)
}

/**
 * What no statement has as its number and yet is none of the mistakes to be found: whole sections, named by overviews
 * that show no statement in particular; §5–§9, which are not in this document; and figures such as `1.4 MiB`.
 */
function isOther(number: string): boolean {
  return !/^(?:[1-4]\.\d+\.|10\.)/.test(number)
}

// --- what is wrong ----------------------------------------------------------------------------------------------------

function problemsOf({ number, note }: Statement): string[] {
  const tested = places.get(number)?.size !== 0
  if (note === undefined)
    return tested || noteOf(number) ? [] : [`${number} has neither a test nor a note in ${notesFile}`]
  if (tested === note.tested) return []
  return tested
    ? [
        `${number} is tested now: remove its note “${note.kind}”, or say that it is \`tested\` where the tests show just that`,
      ]
    : [`${number}: its note says that it is tested, but no test has its number`]
}

/** The statement's own note, else that of its section. */
function noteOf(number: string): Note | undefined {
  const own = statements.find((statement) => statement.number === number)?.note
  if (own || places.get(number)?.size !== 0) return own
  return sections.findLast((section) => number.startsWith(`${section.number}.`) && section.note)?.note
}

// --- the document -----------------------------------------------------------------------------------------------------

function head(): string {
  const all = statements.map(({ number }) => noteOf(number)?.kind ?? 'holds') // a statement with neither is a problem
  const count = (kind: string) => all.filter((one) => one === kind).length
  return `<!-- Written by \`node scripts/conformance.ts\` from the titles of the tests and conformance-notes.json. Do not edit. -->

# Conformance

Firn follows the published behaviour of Hercules CI. The team's reference of it numbers its statements; a test's title
begins with the numbers of those it shows, and this table is made from the titles. Of ${all.length} statements ${count('holds')}
hold by a test, ${count('differs')} differ for a reason given here, ${count('later')} come later, whole or in the part that is named, and
${count('untestable')} cannot be tested here, since they are about something else than Firn's own programs.

\`./test\` checks that this page is what the tests say.
`
}

function sectionText({ number, title }: Section): string[] {
  const own = statements.filter((statement) => sectionOf(statement.number) === number)
  const heading = `${'#'.repeat(number.split('.').length + 1)} ${number} ${title}\n`
  if (own.length === 0) return [heading]
  return [heading, '| | about | tests | |\n| --- | --- | --- | --- |', ...own.map(row), '']
}

function sectionOf(number: string): string | undefined {
  return sections.findLast((section) => number === section.number || number.startsWith(`${section.number}.`))?.number
}

function row({ number, about }: Statement): string {
  const note = noteOf(number)
  const tests = [...(places.get(number) ?? [])].map((place) => `[${shortName(place)}](../${place})`).join(', ')
  return `| ${number} | ${about} | ${tests} | ${note ? `${words[note.kind]}: ${note.text}` : 'holds'} |`
}

function shortName(place: string): string {
  const [kind, name] = place.split('/')
  return kind === 'fixtures' ? `fixture ${basename(place)}` : `${name}: ${basename(place).replace(/\.test\.tsx?$/, '')}`
}

// --- the notes --------------------------------------------------------------------------------------------------------

function readNotes(json: unknown): { sections: Section[]; statements: Statement[] } {
  const file = record(json)
  const sections = Object.entries(record(file.sections)).map(([number, given]) => {
    const { title, ...note } = typeof given === 'string' ? { title: given } : record(given)
    return { number, title: String(title), note: readNote(number, note) }
  })
  const statements = Object.entries(record(file.statements)).map(([number, given]) => {
    const { about, ...note } = typeof given === 'string' ? { about: given } : record(given)
    return { number, about: String(about), note: readNote(number, note) }
  })
  return { sections: sections.sort(byNumber), statements: statements.sort(byNumber) }
}

/** `1.2` before `1.10`, `1.9.6` before `1.9.6b`. */
function byNumber(a: { number: string }, b: { number: string }): number {
  return inOrder.compare(a.number, b.number)
}

function readNote(number: string, { tested = false, ...given }: Record<string, unknown>): Note | undefined {
  const [[kind, text] = [], ...more] = Object.entries(given)
  if (kind === undefined) return undefined
  const known = kinds.find((one) => one === kind)
  if (known === undefined || typeof text !== 'string' || more.length > 0 || typeof tested !== 'boolean')
    throw new Error(`${notesFile}: the note of ${number} must have one of ${kinds.join(', ')}, and may have \`tested\``)
  return { kind: known, text, tested }
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${notesFile}: not an object`)
  return { ...value }
}
