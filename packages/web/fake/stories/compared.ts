import { ago, drvPath, idOf, makeAttribute, makeJob, makeProject, noBuilds } from '../make.ts'
import type { World } from '../world.ts'

const packages = (name: string) => ['packages', 'x86_64-linux', name]
const at = (name: string, version: string) => ({ derivationPath: drvPath(`${name}-${version}`) })

const renamed = {
  expressionPath: packages('greet-gui'),
  errorMessage:
    "\x1b[31;1merror:\x1b[0m attribute '\x1b[35;1mgtk4-layer\x1b[0m' missing\n\n\x1b[34;1mat \x1b[35;1m./gui/default.nix:60:12\x1b[0m:\n\n    59|   buildInputs = [\n    60|     pkgs.gtk4-layer\n      |     \x1b[31;1m^\x1b[0m\n    61|   ];",
  errorDerivation: null,
  errorType: 'MissingAttribute',
  trace:
    "… while evaluating the attribute '\x1b[35;1mgreet-gui\x1b[0m'\n  \x1b[34;1mat ./flake.nix:31:9:\x1b[0m\n… while calling a function\n  \x1b[34;1mat ./gui/default.nix:12:1:\x1b[0m",
}

const before = [
  makeAttribute(packages('greet'), at('greet', '1.4')),
  makeAttribute(packages('greet-gui'), at('greet-gui', '1.4')),
  makeAttribute(packages('greet-legacy'), at('greet-legacy', '0.9')),
  makeAttribute(packages('libgreet'), at('libgreet', '1.4')),
  makeAttribute(packages('manual'), { ...at('manual', '1.4'), state: 'Failed' }),
  makeAttribute(packages('same'), at('same', '1')),
]

const after = [
  makeAttribute(packages('greet'), at('greet', '1.5')),
  makeAttribute(packages('greet-fi'), at('greet-fi', '1.5')),
  makeAttribute(packages('greet-gui'), { state: 'Error', error: renamed, derivationPath: null, durationMs: null }),
  makeAttribute(packages('greet-se'), at('greet-se', '1.5')),
  makeAttribute(packages('greet-zh'), { ...at('greet-zh', '1.5'), state: 'Running', durationMs: null }),
  makeAttribute(packages('libgreet'), { ...at('libgreet', '1.4'), typ: 'MayFail' }),
  makeAttribute(packages('manual'), at('manual', '1.5')),
  makeAttribute(packages('same'), at('same', '1')),
]

/** Two jobs that differ in every way that there is, a third on another branch, and one that is alone with its handler. */
export function compared(world: World): void {
  const project = makeProject('greeter')
  const job = makeJob(project, {
    index: 13,
    message: 'greet 1.5: Finnish, Swedish, Chinese',
    jobStatus: 'Failure',
    evaluationStatus: 'Failure',
    because: '1 attribute has an error.',
    counts: { ...noBuilds, buildSuccess: 6, building: 1 },
  })
  const base = makeJob(project, { index: 12, message: 'manual: a picture', startTime: ago(9000), endTime: ago(8900) })
  const other = makeJob(project, { index: 11, message: 'wip', ref: 'refs/heads/wip', startTime: ago(9900) })
  const alone = makeJob(project, { index: 10, message: 'release', jobName: 'release', startTime: ago(9950) })
  const compareWith = { jobId: base.id, index: 12 }
  world.addProject(project, [
    { job, part: { compareWith, errors: [renamed] }, attributes: after, imported: [drvPath('locales-1.5')] },
    { job: base, part: {}, attributes: before },
    { job: other, part: {}, attributes: before.slice(0, 2) },
    { job: alone, part: {}, attributes: [] },
  ])
}

/** Thousands of differences: a new compiler. */
export function comparedLarge(world: World, attributes = 3412): void {
  const project = makeProject('package-set')
  const rows = (version: number) =>
    Array.from({ length: attributes }, (_, i) => {
      const name = `package-${String(i).padStart(4, '0')}`
      return makeAttribute(['legacyPackages', 'x86_64-linux', name], at(name, String(version)))
    })
  const job = makeJob(project, { index: 2, message: 'gcc 15' })
  const base = makeJob(project, { index: 1, message: 'gcc 14', startTime: ago(90_000), endTime: ago(80_000) })
  const compareWith = { jobId: idOf('job package-set 1'), index: 1 }
  world.addProject(project, [
    { job, part: { compareWith }, attributes: rows(15) },
    { job: base, part: {}, attributes: rows(14) },
  ])
}
