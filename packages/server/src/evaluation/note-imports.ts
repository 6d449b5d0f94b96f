import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { urgency } from '@firn/core/queue/match'
import { bringDerivations } from '../build/bring-derivations.ts'
import { hurryBuilds } from '../build/hurry-builds.ts'
import type { Tx } from '../db/connect.ts'

type Import = { index: number; derivationPath: string; output: string; path: string[] | null; done: boolean }

/**
 * Remembers what an evaluation imports from derivations, and which attribute waits for it (hercules-ci.md 1.13.2, 1.13.5).
 * What it waits for is built before what nobody waits for.
 */
export async function noteImports(
  tx: Tx,
  { jobId, accountId }: { jobId: string; accountId: string },
  events: EvaluateEvent[],
): Promise<void> {
  const imports = importsIn(events)
  if (imports.length > 0) await saveImports(tx, { jobId, accountId }, imports)
  // What is imported may be asked for in a batch of its own.
  if (imports.length > 0 || events.some((event) => event.tag === 'BuildRequest'))
    await hurryBuilds(tx, await openImports(tx, jobId), urgency.imported)
}

function importsIn(events: EvaluateEvent[]): Import[] {
  return events.flatMap((event): Import[] => {
    if (event.tag === 'BuildRequired') {
      const { index, derivationPath, outputName } = event.contents
      return [{ index, derivationPath, output: outputName, path: null, done: false }]
    }
    if (event.tag !== 'AttributeIFD') return []
    const { index, derivationPath, derivationOutput, expressionPath, done } = event.contents
    return [{ index, derivationPath, output: derivationOutput, path: expressionPath, done }]
  })
}

async function saveImports(
  tx: Tx,
  { jobId, accountId }: { jobId: string; accountId: string },
  imports: Import[],
): Promise<void> {
  const brought = await bringDerivations(
    tx,
    accountId,
    imports.map((row) => row.derivationPath),
  )
  for (const { index, derivationPath, output, path, done } of imports) {
    const derivation_id = brought.get(derivationPath)?.id
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

async function openImports(tx: Tx, jobId: string): Promise<number[]> {
  const rows = await tx
    .selectFrom('import_from_derivation')
    .select('derivation_id')
    .where('job_id', '=', jobId)
    .where('done', '=', false)
    .execute()
  return rows.map((row) => row.derivation_id)
}
