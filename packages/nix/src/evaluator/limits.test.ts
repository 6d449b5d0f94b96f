import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { plainValue, record, Source } from '../../test/evaluations.ts'
import { randomSalt, testNixes } from '../../test/nixes.ts'
import { childrenOf, findProgram } from './process-tree.ts'

const endless =
  "builtins.foldl' (a: i: builtins.seq (builtins.foldl' (x: y: x + y) 0 (builtins.genList (k: k) 1000)) a) 0 (builtins.genList (i: i) 100000000)"
const bomb =
  'let f = n: if n == 0 then [ ] else [ n ] ++ f (n - 1); g = n: builtins.genList (i: i + n) 1000000; in builtins.deepSeq (builtins.genList g 1000) 1'

/** The evaluators that run; a daemon is the same program. */
function evaluators(): number[] {
  const commands = childrenOf(process.pid).filter((pid) => findProgram(pid, 'bwrap') === pid)
  return commands.flatMap((pid) => findProgram(pid, 'nix') ?? [])
}

for (const nix of await testNixes()) {
  const version = nix.nix.version.text

  test(`${version}: an attribute without end is ended, the others are answered`, async () => {
    using source = new Source({ 'ci.nix': `{ a = 1; loop = ${endless}; also = let f = x: f x; in f 1; z = 2; }` })
    await using recorded = await record(nix, source, { limits: { attributeMs: 500 } })
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    const failed = recorded.of('failed')
    assert.deepEqual([...failed.keys()].sort(), ['also', 'loop'])
    assert.equal(failed.get('loop')?.errorType, 'TimeLimit')
    assert.match(failed.get('loop')?.message ?? '', /longer than 0\.5 s/)
    assert.equal(plainValue(recorded.of('described').get('z')), 2)
  })

  test(`${version}: where a file ends too early is looked for no longer than an attribute may take`, async () => {
    const work = "builtins.foldl' (a: i: a + i) 0 (builtins.genList (i: i + k) 300000)"
    using source = new Source({
      'ci.nix': `let part = builtins.genList (k: ${work}) 25;
        parts = builtins.listToAttrs (map (k: { name = "p\${toString (100 + k)}"; value = builtins.elemAt part k; }) (builtins.genList (k: k) 25));
        in parts // { slow = builtins.foldl' builtins.add 0 part + import ./early.nix; z = 2; }`,
      'early.nix': '{ x = ',
    })
    await using recorded = await record(nix, source, { limits: { attributeMs: 1_000 } })
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    const failed = recorded.of('failed')
    assert.deepEqual([...failed.keys()], ['slow'])
    assert.equal(failed.get('slow')?.errorType, 'ParseError')
    assert.match(failed.get('slow')?.message ?? '', /^syntax error, unexpected end of file/)
    assert.equal(recorded.of('described').size, 27)
  })

  test(`${version}: a memory bomb is ended, the others are answered`, async () => {
    using source = new Source({ 'ci.nix': `{ a = 1; bomb = ${bomb}; z = 2; }` })
    await using recorded = await record(nix, source, { limits: { workerBytes: 300 * 1024 ** 2 } })
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    assert.equal(recorded.of('failed').get('bomb')?.errorType, 'MemoryLimit')
    assert.equal(recorded.of('failed').size, 1)
    assert.equal(plainValue(recorded.of('described').get('z')), 2)
  })

  test(`${version}: an attribute whose evaluators somebody kills is told so, and the others are answered`, async () => {
    using source = new Source({ 'ci.nix': `{ a = 1; busy = builtins.trace "busy" ${endless}; z = 2; }` })
    const onNotice = ({ kind }: { kind: string }) => {
      if (kind === 'trace') for (const pid of evaluators()) process.kill(pid, 'SIGKILL')
    }
    await using recorded = await record(nix, source, { onNotice })
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    const failed = recorded.of('failed')
    assert.deepEqual([...failed.keys()], ['busy'])
    assert.equal(failed.get('busy')?.errorType, 'EvaluatorDied')
    assert.equal(failed.get('busy')?.message, 'the evaluator was killed (signal 9) while this attribute was evaluated')
    assert.equal(plainValue(recorded.of('described').get('z')), 2)
  })

  test(`${version}: one that grows from attribute to attribute is replaced, and nothing is lost`, async () => {
    using source = new Source({
      'ci.nix': `let lists = builtins.genList (i: builtins.genList (k: [ k i ]) 100000) 30; in
        builtins.listToAttrs (builtins.genList (i: { name = "a\${toString i}"; value = builtins.deepSeq (builtins.elemAt lists i) i; }) 30)`,
    })
    await using recorded = await record(nix, source, { limits: { workerBytes: 200 * 1024 ** 2 } })
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    assert.deepEqual([...recorded.of('failed').values()], [])
    assert.equal(recorded.of('described').size, 31)
  })

  test(`${version}: evaluators that take too much together are reduced to one, and nothing is lost`, async () => {
    using source = new Source({
      'ci.nix': `let lists = builtins.genList (i: let list = builtins.genList (k: [ k i ]) 100000; in builtins.deepSeq list list) 40; in
        builtins.listToAttrs (builtins.genList (i: { name = "a\${toString i}"; value = builtins.seq (builtins.elemAt lists (i / 60)) i; }) 2400)`,
    })
    const totalBytes = 250 * 1024 ** 2
    await using recorded = await record(nix, source, { limits: { totalBytes, workers: 2, cores: 4 } })
    let most = 0
    const watch = setInterval(() => {
      most = Math.max(most, evaluators().length)
    }, 10)
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    clearInterval(watch)
    assert.equal(most, 2)
    assert.equal(evaluators().length, 1)
    assert(recorded.evaluation.peakBytes > totalBytes)
    assert.deepEqual([...recorded.of('failed').values()], [])
    assert.equal(recorded.of('described').size, 2401)
  })

  test(`${version}: what is written to the store is bounded`, async () => {
    const salt = randomSalt()
    const text = 'builtins.concatStringsSep "" (builtins.genList (i: "0123456789") 20000)'
    using source = new Source({
      'ci.nix': `{ a = 1; } // builtins.listToAttrs (builtins.genList (i: { name = "f\${toString i}"; value = builtins.toFile "${salt}" "\${toString i}\${${text}}"; }) 100)`,
    })
    writeFileSync(join(source.folder, 'large'), Buffer.alloc(3 * 1024 ** 2, salt))
    await using recorded = await record(nix, source, { limits: { storeBytes: 2 * 1024 ** 2 } })
    const ending = { how: 'limit', limit: 'storeBytes', reason: 'the evaluation wrote more than 2 MB to the store' }
    assert.deepEqual(await recorded.walk(), ending)
    await using copied = await record(nix, source, {
      limits: { storeBytes: 2 * 1024 ** 2 },
      program: `{ root = "\${${source.folder}/large}"; child = v: n: v.\${n}; describe = v: v; }`,
    })
    assert.deepEqual(await copied.walk(), ending)
  })

  test(`${version}: a message without measure is ended`, async () => {
    const double = 'builtins.foldl\' (a: i: a + a) "0123456789" (builtins.genList (i: i) 18)'
    using source = new Source({ 'ci.nix': `{ a = 1; big = ${double}; loud = builtins.trace (${double}) 3; z = 2; }` })
    await using recorded = await record(nix, source, { limits: { messageBytes: 100_000 } })
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    assert.deepEqual([...recorded.of('failed').keys()].sort(), ['big', 'loud'])
    assert.equal(recorded.of('failed').get('big')?.errorType, 'MessageLimit')
    assert.equal(plainValue(recorded.of('described').get('z')), 2)
  })

  test(`${version}: the time for all of it ends the walk`, async () => {
    using source = new Source({ 'ci.nix': `{ a = ${endless}; }` })
    await using recorded = await record(nix, source, { limits: { evaluationMs: 400 } })
    const end = await recorded.walk()
    assert(end.how === 'limit' && /longer than 0\.4 s/.test(end.reason), JSON.stringify(end))
  })
}
