import type { PinnedInput } from '@firn/contract/api/job'
import { pages } from '@firn/contract/paths'
import { listProjects, localRemote, type ProjectRow } from '../catalog/projects.ts'
import type { Tx } from '../db/connect.ts'
import { seenRef } from '../forge/refs.ts'

type Wanted = { project: string; ref: string | null }

export type Resolved = { ok: true; inputs: Record<string, PinnedInput> } | { ok: false; reason: string }

/**
 * Pins the extra inputs of a handler (hercules-ci.md 1.10): each to the newest commit of its ref whose jobs all
 * succeeded, else to the head of the ref; without a ref, of the project's default branch.
 */
export async function resolveInputs(
  tx: Tx,
  { owner, publicUrl }: { owner: ProjectRow; publicUrl: string },
  wanted: Record<string, Wanted>,
): Promise<Resolved> {
  const inputs: Record<string, PinnedInput> = {}
  for (const [name, { project: slug, ref: given }] of Object.entries(wanted)) {
    const [project] = await listProjects(tx, { accountId: owner.account_id, project: slug })
    if (project === undefined)
      return {
        ok: false,
        reason: `extraInputs.${name}: there is no project ${slug} in ${owner.account}. Push it first.`,
      }
    const ref = given ?? `refs/heads/${project.default_branch}`
    const pinned = await pin(tx, project.id, ref)
    if (pinned === undefined)
      return { ok: false, reason: `extraInputs.${name}: ${owner.account}/${slug} has no ${ref}.` }
    inputs[name] = {
      ...pinned,
      ref,
      sshURL: '',
      httpURL: localRemote(publicUrl, project.account, project.slug),
      webURL: publicUrl + pages.project({ site: project.site, account: project.account, project: project.slug }),
      forgeType: 'firn',
      owner: project.account,
      name: project.slug,
    }
  }
  return { ok: true, inputs }
}

async function pin(tx: Tx, projectId: string, ref: string): Promise<Pick<PinnedInput, 'rev' | 'chosen'> | undefined> {
  const green = await tx
    .selectFrom('job as root')
    .select('root.rev')
    .where('root.project_id', '=', projectId)
    .where('root.ref', '=', ref)
    .where('root.config_job_id', 'is', null)
    .where('root.phase', '=', 'Done')
    .where('root.status', '=', 'Success')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('job as child')
            .select('child.id')
            .whereRef('child.config_job_id', '=', 'root.id')
            .where('child.status', '!=', 'Success'),
        ),
      ),
    )
    .orderBy('root.index', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (green) return { rev: green.rev, chosen: 'succeeded' }
  const head = await seenRef(tx, projectId, ref)
  return head === undefined ? undefined : { rev: head, chosen: 'head' }
}
