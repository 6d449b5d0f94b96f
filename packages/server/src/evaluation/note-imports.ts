import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { derivationIds } from '../build/derivation-ids.ts'
import type { Tx } from '../db/connect.ts'

type Import = { index: number; derivationPath: string; output: string; path: string[] | null; done: boolean }

/** Remembers what an evaluation imports from derivations, and which attribute waits for it (hercules-ci.md 1.13.2, 1.13.5). */
export async function noteImports(
  tx: Tx,
  { jobId, accountId }: { jobId: string; accountId: string },
  events: EvaluateEvent[],
): Promise<void> {
  const wanted = events.flatMap((event): Import[] => {
    if (event.tag === 'BuildRequired') {
      const { index, derivationPath, outputName } = event.contents
      return [{ index, derivationPath, output: outputName, path: null, done: false }]
    }
    if (event.tag !== 'AttributeIFD') return []
    const { index, derivationPath, derivationOutput, expressionPath, done } = event.contents
    return [{ index, derivationPath, output: derivationOutput, path: expressionPath, done }]
  })
  if (wanted.length === 0) return
  const ids = await derivationIds(
    tx,
    accountId,
    wanted.map((row) => row.derivationPath),
  )
  for (const { index, derivationPath, output, path, done } of wanted) {
    const derivation_id = ids.get(derivationPath)
    if (derivation_id === undefined) continue
    await tx
      .insertInto('import_from_derivation')
      .values({ job_id: jobId, index, derivation_id, output, path, done })
      .onConflict((conflict) =>
        conflict.columns(['job_id', 'index']).doUpdateSet(path === null ? { output } : { path, done }),
      )
      .execute()
  }
}
