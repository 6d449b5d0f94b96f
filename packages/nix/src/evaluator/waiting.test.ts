import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainValue, record, Source } from '../../test/evaluations.ts'
import { randomSalt, shellDerivation, testNixes, testStore } from '../../test/nixes.ts'
import { connectStore } from '../daemon/client.ts'
import type { Notice } from './notice.ts'

for (const nix of await testNixes()) {
  const version = nix.nix.version.text
  const { store } = await testStore(nix)

  test(`${version}: attributes that need builds wait, the others go on, and come when they are built`, async () => {
    const salt = randomSalt()
    const file = (name: string, text: string) => shellDerivation(`${name}-${salt}`, `echo '${text}' > $out`)
    using source = new Source({
      'ci.nix': `rec {
        plain = 1;
        one = import (${file('one', '{ value = 11; }')});
        many = builtins.listToAttrs (builtins.genList (i: { name = "m\${toString i}"; value = builtins.readFile (${shellDerivation(`many-\${toString i}-${salt}`, 'echo -n many > $out')}); }) 20);
        nested = import (${shellDerivation(`nested-${salt}`, `echo '{ value = "x"; }' > $out`, `inner = import (${file('inner', '"text"')});`)});
        shared = one.value + 1;
        broken = import (${shellDerivation(`broken-${salt}`, 'exit 1')});
        also = "\${broken}";
        zlast = 2;
      }`,
    })
    await using connection = await connectStore(store.address)
    const seen: string[] = []
    let building = Promise.resolve()
    const onNotice = (notice: Notice) => {
      if (notice.kind !== 'waiting' || seen.includes(notice.drvPath)) return
      seen.push(notice.drvPath)
      building = building.then(async () => {
        const [result] = await connection.build([{ drvPath: notice.drvPath, outputs: [notice.output] }])
        if (result?.status === 'Built') recorded.evaluation.built(notice.drvPath)
        else recorded.evaluation.failed(notice.drvPath, `no ${notice.drvPath}`)
      })
    }
    await using recorded = await record(nix, source, { onNotice })
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    const described = recorded.of('described')
    assert.equal(plainValue(described.get('one.value')), 11)
    assert.equal(plainValue(described.get('shared')), 12)
    assert.equal(plainValue(described.get('nested.value')), 'x')
    for (let i = 0; i < 20; i++) assert.equal(plainValue(described.get(`many.m${i}`)), 'many')
    const failed = recorded.of('failed')
    assert.deepEqual([...failed.keys()].sort(), ['also', 'broken'])
    const { drvPath, errorType, message } = failed.get('broken') ?? {}
    assert(drvPath?.endsWith(`broken-${salt}.drv`) && errorType === 'BuildException' && message === `no ${drvPath}`)
    assert.equal(seen.length, 24, 'one each, two for the nested one, and the broken one')
    const settled = recorded.notices.flatMap((n) =>
      n.kind === 'described' || n.kind === 'failed' ? [n.path.join('.')] : [],
    )
    assert.equal(new Set(settled).size, settled.length)
    const at = (match: (notice: Notice) => boolean) => recorded.notices.findIndex(match)
    assert(at((n) => n.kind === 'waiting') < at((n) => n.kind === 'described' && n.path[0] === 'zlast'))
  })

  test(`${version}: an expression that is read may wait too`, async () => {
    const expression = shellDerivation(`read-${randomSalt()}`, 'echo 5 > $out')
    using source = new Source({ 'ci.nix': `{ a = import (${expression}); }` })
    await using connection = await connectStore(store.address)
    const waiting = Promise.withResolvers<string>()
    const onNotice = (notice: Notice) => {
      if (notice.kind === 'waiting') waiting.resolve(notice.drvPath)
    }
    await using recorded = await record(nix, source, { onNotice })
    const reading = recorded.evaluation.read('it.root.a')
    const drvPath = await waiting.promise
    await connection.build([{ drvPath, outputs: '*' }])
    recorded.evaluation.built(drvPath)
    assert.deepEqual(await reading, { value: 5 })
  })

  test(`${version}: where it is not allowed, the need for a build is the attribute's error`, async () => {
    using source = new Source({ 'ci.nix': `{ a = import (${shellDerivation(`no-${randomSalt()}`, 'true')}); b = 1; }` })
    await using recorded = await record(nix, source, { importFromDerivation: false })
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    assert.match(recorded.of('failed').get('a')?.message ?? '', /allow-import-from-derivation/)
    assert.equal(recorded.of('waiting').size, 0)
  })

  test(`${version}: nobody can pretend to need a build`, async () => {
    const drv = `/nix/store/${'0'.repeat(32)}-x.drv`
    using source = new Source({
      'ci.nix': `{ a = throw "[build ${'0'.repeat(32)}: ${drv}!out] evaluation needs a build"; }`,
    })
    await using recorded = await record(nix, source)
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    assert.equal(recorded.of('failed').size, 1)
    assert.equal(recorded.of('waiting').size, 0)
  })
}
