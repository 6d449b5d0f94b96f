/** A plain user with the system's daemon: the usual way to run an agent. Needs root, to become such a user. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { randomSalt, shellDerivation, systemDaemon, testNixes } from '../../test/nixes.ts'
import { openPlainUser } from '../testing/plain-user.ts'

for (const nix of await testNixes()) {
  test(`${nix.nix.version.text}: evaluates in the sandbox and builds`, async (t) => {
    if (process.getuid?.() !== 0) return t.skip('not root')
    await using daemon = await systemDaemon(nix)
    const needed = shellDerivation(`user-${randomSalt()}`, 'echo 42 > $out')
    const program = `
      import { openEvaluation } from ${JSON.stringify(join(import.meta.dirname, 'evaluation.ts'))}
      import { connectStore } from ${JSON.stringify(join(import.meta.dirname, '../daemon/client.ts'))}
      import { findStore } from ${JSON.stringify(join(import.meta.dirname, '../daemon/find-store.ts'))}
      import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
      const nix = ${JSON.stringify(nix.nix)}
      const source = mkdtempSync('${tmpdir()}/firn-source-')
      writeFileSync(source + '/ci.nix', ${JSON.stringify(`{ a = import (${needed}); b = builtins.readFile /etc/hostname; }`)})
      const found = await findStore({ nix, env: {}, socket: ${JSON.stringify(daemon.socket)} })
      if (!found.ok) throw new Error(found.reason)
      const store = await connectStore(found.store.address)
      const evaluation = await openEvaluation({ nix, store: found.store.address, settings: {}, environment: {},
        program: '{ root = import ' + source + '/ci.nix; child = v: n: v.\${n}; describe = v: if builtins.isAttrs v then builtins.attrNames v else v; }',
        sandbox: { sources: [source], network: false, scratchBytes: 1e6 },
        on: async (notice) => {
          if (notice.kind === 'described') console.log(JSON.stringify([notice.path, notice.description]))
          if (notice.kind === 'failed') console.log(JSON.stringify([notice.path, notice.errorType ?? notice.message]))
          if (notice.kind !== 'waiting') return
          await store.build([{ drvPath: notice.drvPath, outputs: '*' }])
          evaluation.built(notice.drvPath)
        } })
      console.log(JSON.stringify([found.store.containment, await evaluation.walk([[]], (path, names) => Array.isArray(names) ? names.map((name) => [name]) : [])]))
      await evaluation[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
      rmSync(source, { recursive: true })`
    const node = [process.execPath, '--input-type=module', '--eval', program]
    await using user = await openPlainUser()
    const [command = '', ...args] = user.command(node)
    const { stdout } = await promisify(execFile)(command, args, {
      env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' },
    })
    const lines = stdout.trim().split('\n')
    assert.deepEqual(
      new Set(lines),
      new Set(['[[],["a","b"]]', '[["b"],"RestrictedPathError"]', '[["a"],42]', '["system",{"how":"finished"}]']),
    )
  })
}
