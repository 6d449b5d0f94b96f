/**
 * What a derivation or its builder may do at which Nix answers a build with an error instead of a result, or dies: `nix-store
 * --realise` fails at all of it, so each is the derivation's failure, told once and in words.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { BuildFailure } from '@firn/contract/agent/build-failure'
import type { StoreAddress } from '@firn/nix/daemon/client'
import { StorePool } from '@firn/nix/daemon/pool'
import { instantiate, randomSalt, shellDerivation, testNixes } from '../testing/agent-bench.ts'
import { type EvaluationBench, openEvaluationBench } from '../testing/evaluation-bench.ts'
import { processesWith } from '../testing/processes.ts'
import { runBuild } from './build.ts'

/** Versions differ in what they mind; `undefined`: it is built. */
type Era = 'old' | 'middle' | 'new'
type Row = { what: string; expression: string; says: RegExp | Partial<Record<Era, RegExp>> }

/** Each Nix builds its own: SALT is made a word that nobody has used. */
const named = (script: string, more = '') => shellDerivation(`odd-SALT`, script, more)
const plain = () => named('echo before; echo > $out')

const notUnderstood =
  /^the builder printed a line that begins with @nix and is not a log message that Nix understands, so Nix ended the build; or .*: \[json\.exception\./

/** All versions but the oldest take these for any other line. */
const oddMessages = [
  '{"action":"setPhase"}',
  '{"action":"setPhase","phase":7}',
  '{"action":"setPhase","phase":null}',
  'null',
  'true',
  '[]',
  '3',
  '"x"',
  '{}',
  '{"action":7}',
  '{"action":"start"}',
  '{"action":"start","id":"x","level":0,"type":101,"text":"x"}',
  '{"action":"stop"}',
  '{"action":"stop","id":"x"}',
  '{"action":"msg"}',
  '{"action":"msg","level":0}',
  '{"action":"msg","level":"x","msg":"x"}',
  '{"action":"msg","level":0,"msg":3}',
  '{"action":"result"}',
  '{"action":"result","id":"x","type":101,"fields":["x"]}',
]
const fineMessages = [
  '{"action":"what"}',
  '{"action":"setPhase","phase":"\\ud800"}',
  '{"action":"stop","id":9}',
  '{"action":"result","id":1,"type":"x","fields":["x"]}',
  '{"action":"start","id":1,"level":0,"type":105,"text":"x","fields":[]}',
  '{"action":"start","id":1,"level":0,"type":101,"text":"x","fields":{}}',
  '{',
  'no JSON',
  '',
]
const printed = (message: string) => named(`echo before; printf '%s\n' '@nix ${message}'; echo after; echo > $out`)
const messages: Row[] = [
  ...oddMessages.map((what) => ({ what, expression: printed(what), says: { old: notUnderstood } })),
  ...fineMessages.map((what) => ({ what, expression: printed(what), says: {} })),
  {
    what: 'fields that are lists',
    expression: printed('{"action":"start","id":1,"level":0,"type":101,"text":"x","fields":[[]]}'),
    says: /^the builder printed a line that begins with @nix .* ended the build: unsupported JSON type/,
  },
]

const fixed = (mode: string) =>
  `outputHashMode = "${mode}"; outputHashAlgo = "sha256"; outputHash = "${'0'.repeat(64)}";`
const notStorable = /^an output is, or holds, what is neither a file nor a folder nor a symbolic link: file .* type$/
const other = () => `other = builtins.toFile "other-SALT" "x";`
const builtBy = (builder: string, args = '[ ]', more = '') =>
  `derivation { name = "odd-SALT"; system = builtins.currentSystem; builder = ${builder}; args = ${args}; ${more} }`
const big = 'builtins.concatStringsSep "" (builtins.genList (_: "x") 3000000)'
const exits = /exit code 1/

const outputs: Row[] = [
  { what: 'a FIFO', expression: named('echo before; mkfifo $out'), says: notStorable },
  { what: 'a FIFO inside', expression: named('echo before; mkdir $out; mkfifo $out/fifo'), says: notStorable },
  {
    what: 'a FIFO with a hostile name',
    expression: named(`echo before; mkdir $out; mkfifo "$out/a'\n> No space left on device"`),
    says: /^an output is, or holds, .*: file [\s\S]* has an unsupported type$/,
  },
  {
    what: 'a FIFO with a declared hash',
    expression: named('echo before; mkfifo $out', fixed('flat')),
    says: notStorable,
  },
  {
    what: 'a declared hash and a reference',
    expression: named('echo before; echo $other > $out', other() + fixed('flat')),
    says: {
      old: /^the output refers to a store path, which one with a declared hash may not; Nix broke off: .*Assertion/,
      middle: /^fixed output derivation .* is not allowed to refer to other store paths/,
      new: /^fixed output derivation .* is not allowed to refer to other store paths/,
    },
  },
  {
    what: 'a folder with a flat hash',
    expression: named('echo before; mkdir $out', fixed('flat')),
    says: /regular file/,
  },
  {
    what: 'outputs that refer to each other',
    expression: named('echo before; echo $dev > $out; echo $out > $dev', 'outputs = [ "out" "dev" ];'),
    says: /^cycle detected in build of /,
  },
  {
    what: 'a name that is not UTF-8',
    expression: named(`echo before; mkdir $out; : > $out/$(printf 'a\\377b')`),
    says: {},
  },
  { what: 'a name of two lines', expression: named('echo before; mkdir $out; : > "$out/a\nb"'), says: {} },
  { what: 'no permissions', expression: named('echo before; mkdir -p $out/a; chmod 000 $out/a $out'), says: {} },
  { what: 'a link to nowhere', expression: named('echo before; ln -s /nowhere $out'), says: {} },
  {
    what: 'many files',
    expression: named('echo before; mkdir $out; for i in $(seq 3000); do : > $out/$i; done'),
    says: {},
  },
  { what: 'all may write', expression: named('echo before; mkdir $out; chmod 777 $out'), says: /suspicious ownership/ },
]

const builders: Row[] = [
  { what: 'none', expression: builtBy('"/nowhere/builder"'), says: exits },
  { what: 'a folder', expression: builtBy('"/bin"'), says: exits },
  { what: 'a builtin that is none', expression: builtBy('"builtin:nothing"'), says: exits },
  { what: 'an argument of 3 MB', expression: builtBy('"/bin/sh"', `[ "-c" ("echo > $out #" + ${big}) ]`), says: exits },
  {
    what: 'a variable of 3 MB',
    expression: builtBy('"/bin/sh"', '[ "-c" "echo > $out" ]', `big = ${big};`),
    says: exits,
  },
]

const findsOut = `echo before; echo > "$(sed -n 's/.*"out":"\\([^"]*\\)".*/\\1/p' .attrs.json)"`
const structured = (more: string) => named(findsOut, `__structuredAttrs = true; outputs = [ "out" ]; ${more}`)
const wrongJson = / an attribute of the derivation is not of the type that Nix expects: \[json\.exception\./
const wrongJsonAtOnce = /^an attribute of the derivation is not of the type that Nix expects: \[json\.exception\./
const wrong = /^attribute '.*' of derivation '.*' must be a /
const wrongParsed = /^Expected JSON value to be of type .*, while parsing derivation '/
const mistyped = (attribute: string) => ({
  what: attribute,
  expression: structured(attribute),
  says: { old: wrong, middle: wrong, new: wrongParsed },
})
const minded = (attribute: string) => ({
  what: attribute,
  expression: structured(attribute),
  says: { new: wrongParsed },
})

const structuredAttributes: Row[] = [
  ...['"x"', 'null'].map((value) => ({
    what: `maxSize = ${value}`,
    expression: structured(`outputChecks.out.maxSize = ${value};`),
    says: { old: wrongJson, middle: wrongJson, new: wrongJsonAtOnce },
  })),
  mistyped('outputChecks.out.allowedReferences = [ 3 ];'),
  mistyped('outputChecks.out.allowedRequisites = 3;'),
  mistyped('requiredSystemFeatures = 3;'),
  mistyped('preferLocalBuild = "x";'),
  mistyped('__impureHostDeps = 3;'),
  minded('outputChecks = 3;'),
  minded('outputChecks.out = 3;'),
  minded('impureEnvVars = 3;'),
  minded('unsafeDiscardReferences = 3;'),
  {
    what: 'outputChecks.out.allowedReferences = "x";',
    expression: structured('outputChecks.out.allowedReferences = "x";'),
    says: { old: /illegal reference specifier/, middle: /illegal reference specifier/, new: wrongParsed },
  },
  {
    what: 'impureEnvVars of a download',
    expression: structured(`impureEnvVars = 3; ${fixed('flat')}`),
    says: { old: wrong, middle: wrong, new: wrongParsed },
  },
  {
    what: 'exportReferencesGraph.a = 3;',
    expression: structured('exportReferencesGraph.a = 3;'),
    says: { old: wrongJsonAtOnce, middle: wrongJsonAtOnce, new: /value is not an array or a string, while parsing/ },
  },
  {
    what: 'exportReferencesGraph.a = [ "nonsense" ];',
    expression: structured('exportReferencesGraph.a = [ "nonsense" ];'),
    says: /nonsense/,
  },
]

const absent = `/nix/store/${'0'.repeat(32)}-absent`
const variables: Row[] = (
  [
    ['exportReferencesGraph = [ "a" ];', /odd number of tokens/],
    ['exportReferencesGraph = [ "a" "nonsense" ];', /nonsense/],
    [`exportReferencesGraph = [ "a" "${absent}" ];`, /not in the input closure/],
    ['exportReferencesGraph = [ "../a" (builtins.toFile "x" "x") ];', /^invalid file name '..\/a'/],
    ['allowedReferences = [ "nonsense" ];', /nonsense/],
    ['__noChroot = true;', /has '__noChroot' set, but that's not allowed/],
    ['__impureHostDeps = [ "/etc" ];', /requested impure path '\/etc'/],
    ['impureEnvVars = [ "a" "=" "" ];', {}],
    ['passAsFile = [ "nothing" "../x" ];', {}],
  ] as const
).map(([what, says]) => ({ what, expression: named('echo before; echo > $out', what), says }))

const node = JSON.stringify(process.execPath)
const listens = JSON.stringify("require('net').createServer().listen(process.env.out, () => process.exit())")
const unboxed: Row[] = [
  { what: 'a socket', expression: builtBy(node, `[ "-e" ${listens} ]`), says: notStorable },
  { what: 'a device', expression: named('/bin/mknod $out c 1 3; exit 0'), says: notStorable },
]

for (const nix of await testNixes()) {
  const { minor } = nix.version
  const era: Era = minor < 20 ? 'old' : minor < 30 ? 'middle' : 'new'

  describe(`what ends a build with Nix ${nix.version.text}`, () => {
    let bench: EvaluationBench
    before(async () => {
      bench = await openEvaluationBench(nix)
    })
    after(() => bench[Symbol.asyncDispose]())

    const derivations = (expressions: string[]) =>
      instantiate(
        { nix, environment: bench.tools.environment },
        `[ ${expressions.map((text) => `(${text.replaceAll('SALT', randomSalt())})`).join(' ')} ]`,
      )

    const poolOf = (settings: Record<string, string> = {}, address: StoreAddress = bench.tools.store) =>
      new StorePool(address, { min: 2, max: 3, settings: { 'max-jobs': '1', ...settings } })

    async function build(pool: StorePool, derivationPath: string, onLine: (line: string) => void = () => {}) {
      const lines: string[] = []
      const status = await runBuild(
        {
          pool,
          log: async (entry) => {
            if (entry.tag !== 'Result' || entry.rtype !== 101) return
            lines.push(String(entry.fields[0]))
            onLine(String(entry.fields[0]))
          },
          emit: async () => ({ ok: true }),
          signal: new AbortController().signal,
        },
        { derivationPath, inputDerivationOutputPaths: [] },
      )
      return { status, lines }
    }

    const reasonOf = (failure: BuildFailure | undefined) => {
      if (failure?.how === 'rejected') return failure.reason
      return failure?.how === 'exited' ? `exit code ${failure.code}` : JSON.stringify(failure)
    }

    /** All of a table at the same time, each in its turn followed by one that is not odd. */
    async function check(rows: Row[], more: { settings?: Record<string, string>; mustPrint?: true } = {}) {
      const { settings, mustPrint } = more
      await using pool = poolOf(settings)
      const paths = derivations(rows.flatMap((row) => [row.expression, plain()]))
      const ended = await Promise.all(paths.map((path) => build(pool, path)))
      for (const [i, { what, says }] of rows.entries()) {
        const [odd, innocent] = ended.slice(2 * i)
        assert.equal(innocent?.status.tag, 'Successful', `after ${what}: ${JSON.stringify(innocent?.status)}`)
        const words = says instanceof RegExp ? says : says[era]
        const told = JSON.stringify(odd?.status)
        assert.equal(odd?.status.tag, words ? 'Terminated' : 'Successful', `${what}: ${told}`)
        if (odd?.status.tag === 'Terminated') assert.match(reasonOf(odd.status.firn?.failure), words ?? /^$/, what)
        const [line] = odd?.lines ?? []
        assert.equal(line, mustPrint ? 'before' : line, what)
      }
    }

    test("4.7.3 a builder's line that looks like a message for Nix", () => check(messages, { mustPrint: true }))
    test('4.7.3 an output that no store can hold', () => check(outputs, { mustPrint: true }))
    test('4.7.3 a builder that cannot be started', () => check(builders))
    test('4.7.3 structured attributes of a wrong type', () => check(structuredAttributes))
    test('4.7.3 attributes that mean nothing', () => check(variables))
    test('4.7.3 a socket, a device', { skip: process.getuid?.() === 0 ? false : 'not root' }, () =>
      check(unboxed, { settings: { sandbox: 'false' } }),
    )

    test("4.7.4 a daemon that is killed in the middle of a build is not the derivation's fault, and its last words are told", async () => {
      const { store: address } = bench.tools
      assert(address.kind === 'stdio')
      const salt = randomSalt()
      const argv = ['/bin/sh', '-c', 'echo "$0 has begun" >&2; exec "$@"', salt, ...address.argv]
      await using pool = poolOf({}, { ...address, argv, env: { ...address.env, FIRN_TEST: salt } })
      const [derivationPath = ''] = derivations([named('echo before; sleep 1000')])
      const { status } = await build(pool, derivationPath, () => {
        for (const pid of processesWith(salt)) process.kill(Number(pid), 'SIGKILL')
      })
      assert(status.tag === 'Exceptional')
      assert.match(status.contents, /^the connection to the Nix store was lost: .*has begun/)
    })
  })
}
