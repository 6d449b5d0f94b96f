/** For tests: evaluations of small Nix texts, and what they tell. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Evaluation, type EvaluationOptions, openEvaluation, type WalkEnd } from '../src/evaluator/evaluation.ts'
import type { Notice } from '../src/evaluator/notice.ts'
import { type TestNix, testStore } from './nixes.ts'

export type Told = { [Kind in Notice['kind']]: Extract<Notice, { kind: Kind }> }

/** `ci.nix` and other files in a folder that is the evaluation's source. */
export class Source implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'firn-source-'))

  constructor(files: Record<string, string>) {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.folder, name), text)
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

const describe = `v: if builtins.isAttrs v then
    if (v.type or null) == "derivation" then { drvPath = builtins.unsafeDiscardStringContext v.drvPath; }
    else { names = builtins.attrNames v; }
  else { value = v; }`

export type Recorded = {
  evaluation: Evaluation
  notices: Notice[]
  /** everything from the root */
  walk(): Promise<WalkEnd>
  /** notices of a kind, by dotted path */
  of<Kind extends Notice['kind']>(kind: Kind): Map<string, Told[Kind]>
  [Symbol.asyncDispose](): Promise<void>
}

export type RecordedOptions = Partial<EvaluationOptions> & { boxed?: boolean; onNotice?: (notice: Notice) => void }

/** Evaluates `ci.nix` of a source, in the sandbox unless `boxed` is false. */
export async function record(nix: TestNix, source: Source, options: RecordedOptions = {}): Promise<Recorded> {
  const { store } = await testStore(nix)
  const notices: Notice[] = []
  const { boxed = true, onNotice, ...rest } = options
  const evaluation = await openEvaluation({
    nix: nix.nix,
    store: store.address,
    program: `{ root = import ${source.folder}/ci.nix; child = v: n: v.\${n}; describe = ${describe}; }`,
    settings: {},
    environment: { PATH: '/usr/bin:/bin' },
    sandbox: boxed ? { sources: [source.folder], network: false, scratchBytes: 10_000_000 } : undefined,
    on: (notice) => {
      notices.push(notice)
      onNotice?.(notice)
    },
    ...rest,
  })
  return {
    evaluation,
    notices,
    walk: () => evaluation.walk([[]], (path, description) => childNames(description).map((name) => [...path, name])),
    of: (kind) =>
      new Map(notices.flatMap((notice) => (isKind(notice, kind) ? [[(notice.path ?? []).join('.'), notice]] : []))),
    [Symbol.asyncDispose]: () => evaluation[Symbol.asyncDispose](),
  }
}

function isKind<Kind extends Notice['kind']>(notice: Notice, kind: Kind): notice is Told[Kind] {
  return notice.kind === kind
}

function childNames(description: unknown): string[] {
  if (typeof description !== 'object' || description === null || !('names' in description)) return []
  return Array.isArray(description.names) ? description.names.map(String) : []
}

/** What `describe` says of a plain value. */
export function plainValue(notice: Told['described'] | undefined): unknown {
  const description = notice?.description
  return typeof description === 'object' && description !== null && 'value' in description
    ? description.value
    : undefined
}
