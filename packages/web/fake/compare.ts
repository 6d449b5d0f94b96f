import type { AttributeChange, AttributeRow, EvaluationDiff } from '@firn/contract/api/evaluation'
import { showAttributePath } from '@firn/contract/attribute-path'
import type { StoredJob } from './world.ts'

/** So many differences are listed. */
const shownMax = 1000
const bad = new Set<AttributeRow['state']>(['Failed', 'Error', 'Blocked'])

/** How the attributes of two jobs differ, by the server's rules. */
export function compareJobs(before: StoredJob, after: StoredJob): EvaluationDiff {
  const [old, young] = [byPath(before), byPath(after)]
  const keys = [...new Set([...old.keys(), ...young.keys()])].sort()
  const changes = keys.flatMap((key) => changeOf(old.get(key) ?? null, young.get(key) ?? null))
  const imported = (after.imported ?? []).filter((it) => !before.imported?.includes(it))
  return {
    beforeId: before.job.id,
    afterId: after.job.id,
    attributes: changes.slice(0, shownMax),
    ifds: imported.map((derivation) => ({ derivation, outputName: 'out', how: 'added' })),
    total: changes.length,
  }
}

const byPath = ({ attributes }: StoredJob) => new Map(attributes.map((row) => [showAttributePath(row.path), row]))

function changeOf(before: AttributeRow | null, after: AttributeRow | null): AttributeChange[] {
  const how = howOf(before, after)
  return how ? [{ path: (after ?? before)?.path ?? [], how, before, after }] : []
}

function howOf(before: AttributeRow | null, after: AttributeRow | null): AttributeChange['how'] | undefined {
  if (!before) return 'added'
  if (!after) return 'removed'
  if (bad.has(after.state) && !bad.has(before.state)) return 'newlyFailing'
  if (bad.has(before.state) && after.state === 'Succeeded') return 'repaired'
  return before.derivationPath !== after.derivationPath || before.typ !== after.typ ? 'changed' : undefined
}
