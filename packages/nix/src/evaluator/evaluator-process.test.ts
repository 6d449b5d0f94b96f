import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { testNixes } from '../../test/nixes.ts'
import { EvaluatorProcess } from './evaluator-process.ts'
import { childrenOf, findProgram } from './process-tree.ts'
import { sandboxCommand } from './sandbox.ts'

const [installation] = await testNixes()
assert(installation)
const { nix, env } = installation
const sandbox = { sources: [], network: false, scratchBytes: 1_000_000 }

function start(): { evaluator: EvaluatorProcess; said: string[] } {
  const wrapper = sandboxCommand(sandbox, { binDir: nix.binDir, own: [], env })
  const limits = { maxAddressSpace: 8 * 1024 ** 3, maxCpuSeconds: 60, maxLineBytes: 1024 ** 2 }
  const command = { nix, argv: ['nix', 'repl'] as const, env, files: [], wrapper, ...limits }
  const said: string[] = []
  const evaluator = new EvaluatorProcess(command, {
    onLine: (line) => said.push(line),
    onTooLong() {},
    onGone: (how) => said.push(JSON.stringify(how)),
  })
  return { evaluator, said }
}

/** The process of the sandbox that waits for its parent to make its namespaces. @returns false: it ended by itself before */
async function newborn(known: ReadonlySet<number>, evaluator: EvaluatorProcess): Promise<boolean> {
  const born = () => childrenOf(process.pid).filter((pid) => !known.has(pid))
  let isGone = false
  void evaluator.gone().then(() => {
    isGone = true
  })
  while (born().flatMap(childrenOf).length === 0) {
    if (isGone) return false
    await nextTurn()
  }
  return true
}

test('killed while its sandbox is being made, it leaves nothing that would hold its standard error', async () => {
  for (let round = 0; round < 40; round++) {
    const known = new Set(childrenOf(process.pid))
    const { evaluator, said } = start()
    assert.ok(await newborn(known, evaluator), `round ${round}: it ended before it was killed: ${said.join('\n')}`)
    evaluator.kill()
    const late = new Promise((resolve) => setTimeout(resolve, 10_000, 'late').unref())
    assert.equal(await Promise.race([evaluator.gone(), late]), undefined, `round ${round}`)
  }
})

test('it has limits of memory and cpu, and is the first to go where memory is short', async () => {
  const known = new Set(childrenOf(process.pid))
  const { evaluator, said } = start()
  try {
    const found = () =>
      childrenOf(process.pid).flatMap((pid) => (known.has(pid) ? [] : (findProgram(pid, 'nix') ?? [])))
    while (found().length === 0) await nextTurn()
    const [pid] = found()
    const limits = await readFile(`/proc/${pid}/limits`, 'utf8')
    assert.match(limits, /^Max cpu time +60 +60 +seconds/m, said.join('\n'))
    assert.match(limits, new RegExp(`^Max address space +${8 * 1024 ** 3} `, 'm'))
    assert.equal((await readFile(`/proc/${pid}/oom_score_adj`, 'utf8')).trim(), '500')
  } finally {
    evaluator.kill()
    await evaluator.gone()
  }
})
