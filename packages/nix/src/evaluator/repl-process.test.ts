import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { testNixes } from '../../test/nixes.ts'
import { childrenOf } from './process-tree.ts'
import { ReplProcess } from './repl-process.ts'
import { sandboxCommand } from './sandbox.ts'

const [installation] = await testNixes()
assert(installation)
const { nix, env } = installation
const sandbox = { sources: [], network: false, scratchBytes: 1_000_000 }

function start(): ReplProcess {
  const wrapper = sandboxCommand(sandbox, { binDir: nix.binDir, own: [], env })
  const limits = { maxAddressSpace: 8 * 1024 ** 3, maxLineBytes: 1024 ** 2 }
  const command = { nix, args: [], env, files: [], wrapper, ...limits }
  return new ReplProcess(command, { onLine() {}, onTooLong() {}, onGone() {} })
}

/** The process of the sandbox that waits for its parent to make its namespaces. */
async function newborn(known: ReadonlySet<number>): Promise<void> {
  const born = () => childrenOf(process.pid).filter((pid) => !known.has(pid))
  while (born().flatMap(childrenOf).length === 0) await nextTurn()
}

test('killed while its sandbox is being made, it leaves nothing that would hold its standard error', async () => {
  for (let round = 0; round < 40; round++) {
    const known = new Set(childrenOf(process.pid))
    const repl = start()
    await newborn(known)
    repl.kill()
    const late = new Promise((resolve) => setTimeout(resolve, 10_000, 'late').unref())
    assert.equal(await Promise.race([repl.gone(), late]), undefined, `round ${round}`)
  }
})
