import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { plainValue, record, Source } from '../../test/evaluations.ts'
import { randomSalt, shellDerivation, testNixes } from '../../test/nixes.ts'
import { childrenOf } from './process-tree.ts'

for (const nix of await testNixes()) {
  const version = nix.nix.version.text

  test(`${version}: every kind of error stays with its attribute`, async () => {
    const salt = randomSalt()
    using source = new Source({
      'ci.nix': `rec {
        thrown = throw "boo\\nhoo";
        aborted = abort "dead";
        asserted = assert false; 1;
        missing = { }.x;
        typed = 1 + "x";
        recursive = let x = x; in x;
        overflow = let f = i: 1 + f (i + 1); in f 0;
        infinite = let x = { a = x; }; in { names = [ ]; } // x // { type = "derivation"; drvPath = builtins.toJSON x; };
        named = derivation { name = "bad name/"; system = "x"; builder = "y"; };
        absent = import ./absent.nix;
        empty = throw "";
        good = ${shellDerivation(`good-${salt}`, 'true')};
        usesThrown = "\${thrown}";
        "odd.name \\"\${"$"}{x}\\\\" = 7;
        zlast = 8;
      }`,
    })
    await using recorded = await record(nix, source)
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    const failed = recorded.of('failed')
    const described = recorded.of('described')
    const bad = [
      'thrown',
      'aborted',
      'asserted',
      'missing',
      'typed',
      'recursive',
      'overflow',
      'infinite',
      'named',
      'absent',
      'empty',
      'usesThrown',
    ]
    assert.deepEqual([...failed.keys()].sort(), bad.sort())
    assert.deepEqual([...described.keys()].sort(), ['', 'good', `odd.name "${'$'}{x}\\`, 'zlast'])
    assert.equal(recorded.notices.filter(({ kind }) => kind === 'failed' || kind === 'described').length, 16)
    assert.equal(failed.get('empty')?.message, 'the expression threw an empty message')
    assert.match(failed.get('thrown')?.message ?? '', /^boo\nhoo/)
    assert.match(failed.get('usesThrown')?.message ?? '', /^boo\nhoo/)
    assert.equal(failed.get('asserted')?.position?.file, `${source.folder}/ci.nix`)
    assert.equal(failed.get('recursive')?.errorType, 'InfiniteRecursionError')
    assert.match(failed.get('overflow')?.message ?? '', /stack overflow/)
    assert.match(failed.get('infinite')?.message ?? '', /stack overflow|infinite/)
    for (const { message } of failed.values()) assert.doesNotMatch(message, /:\? for help|exit code/)
    assert.equal(plainValue(described.get('zlast')), 8)
    const { description } = described.get('good') ?? {}
    assert(typeof description === 'object' && description !== null && 'drvPath' in description)
    assert(existsSync(String(description.drvPath)))
  })

  test(`${version}: traces and warnings belong to their attribute, and cannot forge an answer`, async () => {
    using source = new Source({
      'ci.nix': `{
        a = builtins.trace "hello\\nerror: forged" (builtins.trace { x = 1; } 1);
        b = builtins.trace "@nix {\\"action\\":\\"msg\\",\\"level\\":0,\\"msg\\":\\"error: no\\"}" 2;
        c = builtins.trace "${'0'.repeat(32)}A {\\"value\\":666}" 3;
        d = (builtins.warn or builtins.trace) "care\\nful" 4;
      }`,
    })
    await using recorded = await record(nix, source)
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    const described = recorded.of('described')
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((name) => plainValue(described.get(name))),
      [1, 2, 3, 4],
    )
    const texts = recorded.notices.flatMap((n) => (n.kind === 'trace' && n.path?.[0] === 'a' ? [n.text] : []))
    assert.deepEqual(texts, ['hello\nerror: forged', '{ x = 1; }'])
    assert.equal((recorded.of('warning').get('d') ?? recorded.of('trace').get('d'))?.text, 'care\nful')
  })

  test(`${version}: thousands of attributes come once each and in order, and failing ones cost no others`, async () => {
    const salt = randomSalt()
    const value = `if i / 20 * 20 == i then throw "n\${toString i}" else ${shellDerivation(`m\${toString i}-${salt}`, 'true')}`
    using source = new Source({
      'ci.nix': `builtins.listToAttrs (builtins.genList (i: { name = "a\${toString i}"; value = ${value}; }) 3000)`,
    })
    await using recorded = await record(nix, source, { limits: { workers: 1 } })
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    const order = recorded.notices.flatMap(({ path }) => path?.[0] ?? [])
    assert.deepEqual(order, order.toSorted())
    assert.equal(recorded.of('failed').size, 150)
    assert.equal(recorded.of('described').size, 2851)
    assert.equal(recorded.notices.length, 3001)
    assert.match(recorded.of('failed').get('a2980')?.message ?? '', /^n2980/)
  })

  test(`${version}: a large tree gets a second evaluator where there are cores, and each answer comes once`, async () => {
    const deep = "builtins.foldl' (a: k: a + k) i (builtins.genList (k: k) 2000)"
    const value = `if i / 100 * 100 == i then throw "n" else ${deep}`
    using source = new Source({
      'ci.nix': `builtins.listToAttrs (builtins.genList (i: { name = "a\${toString i}"; value = ${value}; }) 6000)`,
    })
    const evaluators = new Set<number>() // nothing is written here, so there are no daemons among our children
    const onNotice = () => {
      if (evaluators.size < 2) for (const pid of childrenOf(process.pid)) evaluators.add(pid)
    }
    await using recorded = await record(nix, source, { limits: { workers: 2, cores: 4 }, onNotice })
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    assert.equal(recorded.of('described').size, 5941)
    assert.equal(recorded.of('failed').size, 60)
    assert.equal(recorded.notices.length, 6001)
    assert.equal(evaluators.size, 2)
  })

  test(`${version}: expressions are read deeply in the program's scope`, async () => {
    using source = new Source({ 'ci.nix': '{ a.b = [ 1 "two" null ]; c = throw "no"; }' })
    await using recorded = await record(nix, source)
    const { evaluation } = recorded
    assert.deepEqual(await evaluation.read('# a comment\n  it.root.a # and one more'), {
      value: { b: [1, 'two', null] },
    })
    const failed = await evaluation.read('it.root.c')
    assert('failed' in failed && failed.failed.message.startsWith('no'))
    const syntax = await evaluation.read('it.root.(')
    assert('failed' in syntax && /syntax error/.test(syntax.failed.message))
    assert.deepEqual(await evaluation.read('builtins.attrNames it.root'), { value: ['a', 'c'] })
  })

  test(`${version}: a file that ends too early is told with its place, and costs no other attribute`, async () => {
    using source = new Source({
      'ci.nix': `{
        a = 1; b = import ./early.nix; c = import ./comment.nix; d = builtins.trace "heard" (import ./early.nix);
        e = throw "unexpected end of file"; f.g = import ./early.nix; z = 2;
      }`,
      'early.nix': '{ x = [ 1 2',
      'comment.nix': '{ x = ; } # unexpected end of file',
    })
    await using recorded = await record(nix, source, { limits: { attributeMs: 20_000 } })
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    const failed = recorded.of('failed')
    assert.deepEqual([...failed.keys()], ['b', 'c', 'd', 'e', 'f.g'])
    for (const path of ['b', 'd', 'f.g']) {
      const { message = '', trace = '', errorType, position } = failed.get(path) ?? {}
      assert.match(message, /^syntax error, unexpected end of file\n+.*early\.nix:1:1[12]/)
      assert.doesNotMatch(`${message}${trace}`, /firn(Ask|Tell)|«/)
      assert.equal(errorType, 'ParseError')
      assert.equal(position?.file, `${source.folder}/early.nix`)
    }
    assert.match(failed.get('c')?.message ?? '', /^syntax error, unexpected ';'\n+.*comment\.nix:1:7/)
    assert.match(failed.get('e')?.message ?? '', /^unexpected end of file/)
    assert.deepEqual([...recorded.of('described').keys()], ['', 'a', 'f', 'z'])
    assert.deepEqual(
      recorded.notices.flatMap((notice) => (notice.kind === 'trace' ? [notice.text] : [])),
      ['heard'],
    )
    const read = await recorded.evaluation.read('it.root.b')
    assert('failed' in read && read.failed.errorType === 'ParseError')
    assert.deepEqual(await recorded.evaluation.read('it.root.z'), { value: 2 })
  })

  test(`${version}: of a file that ends too early no more is asked than may be`, async () => {
    using source = new Source({
      'ci.nix': `builtins.listToAttrs (builtins.genList (i: { name = "a\${toString (100 + i)}"; value = import ./early.nix; }) 120)`,
      'early.nix': '{ x = ',
    })
    await using recorded = await record(nix, source)
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    const failed = [...recorded.of('failed').values()]
    assert.equal(failed.length, 120)
    for (const { message, errorType } of failed) {
      assert.match(message, /^syntax error, unexpected end of file/)
      assert.equal(errorType, 'ParseError')
    }
    assert.match(failed[0]?.message ?? '', /early\.nix:1:/)
  })

  test(`${version}: a program that is none fails at the root`, async () => {
    using source = new Source({ 'ci.nix': '{ a = (; }' })
    await using recorded = await record(nix, source)
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    assert.match(recorded.of('failed').get('')?.message ?? '', /syntax error/)
  })

  test(`${version}: stopping ends a busy evaluator, and an evaluator that cannot start is told`, async () => {
    using source = new Source({
      'ci.nix': 'builtins.trace "busy" (builtins.foldl\' (a: i: a + i) 0 (builtins.genList (i: i) 1000000000))',
    })
    const stop = new AbortController()
    const busy = await record(nix, source, {
      signal: stop.signal,
      onNotice: () => stop.abort(),
      limits: { attributeMs: 60_000 },
    })
    const walk = busy.evaluation.walk([[]], () => [])
    assert.deepEqual(await walk, { how: 'stopped' })
    await busy[Symbol.asyncDispose]()
    assert.deepEqual(childrenOf(process.pid), [])
    await using broken = await record(nix, source, { settings: { cores: 'many' } })
    const end = await broken.walk()
    assert(end.how === 'broken', JSON.stringify(end))
    assert.match(end.reason, /does not start.*cores/s)
  })
}
