import { Refusal } from '@firn/base/refusal'
import type { Repository } from '@firn/contract/api/repository'
import { findAccount } from '../../catalog/accounts.ts'
import { reader, writer } from '../../catalog/caller.ts'
import { findProject, insertProject, showProject } from '../../catalog/projects.ts'
import { found } from '../../catalog/routes.ts'
import type { Db, Reads } from '../../db/connect.ts'
import type { Nudges } from '../../db/nudges.ts'
import { transact } from '../../db/transact.ts'
import { announce } from '../../outbox/announce.ts'
import { outboxTopic } from '../../outbox/relay.ts'
import { createPokeSecret, deletePokeSecret, listPokeSecrets } from './poke-secrets.ts'
import { reachOf } from './reach.ts'
import { askForLook, changeRemote, insertRemote, remotesTopic } from './remotes.ts'

export type RepositoryNeeds = { db: Db; nudges: Nudges; key: Buffer; publicUrl: string; privateForges: boolean }

export function repositoryRoutes(needs: RepositoryNeeds) {
  const { db, nudges, key, publicUrl, privateForges } = needs
  const show = (id: string) => showRepository(db, id, publicUrl)
  const change = async (id: string, work: (tx: Parameters<Parameters<typeof transact>[1]>[0]) => Promise<void>) => {
    await transact(db, async (tx) => {
      await work(tx)
      await announce(tx, { kind: 'project.changed', projectId: id })
    })
    nudges.send(outboxTopic)
    nudges.send(remotesTopic)
  }
  return {
    add: writer.firn.addRepository.handler(async ({ input: { id, name, url, ...login } }) => {
      const account = found(await findAccount(db, id), 'account')
      await refuseUnreachable(url, privateForges)
      const projectId = await transact(db, async (tx) => {
        const made = await insertProject(tx, { accountId: account.id, slug: name, remoteUrl: url })
        if (made === undefined)
          throw new Refusal('CONFLICT', `${account.slug} has a project ${name} already. Choose another name.`)
        await insertRemote(tx, key, { projectId: made, ...login })
        await announce(tx, { kind: 'project.changed', projectId: made })
        return made
      })
      nudges.send(outboxTopic)
      nudges.send(remotesTopic)
      return showProject(found(await findProject(db, projectId), 'project'), publicUrl)
    }),
    get: reader.firn.repository.handler(({ input }) => show(input.id)),
    change: writer.firn.changeRepository.handler(async ({ input: { id, ...changes } }) => {
      await show(id)
      if (changes.url !== undefined) await refuseUnreachable(changes.url, privateForges)
      await change(id, (tx) => changeRemote(tx, key, { projectId: id, ...changes }))
      return show(id)
    }),
    look: writer.firn.lookAtRepository.handler(async ({ input: { id } }) => {
      await show(id)
      await change(id, (tx) => askForLook(tx, id))
      return show(id)
    }),
    createPokeSecret: writer.firn.createPokeSecret.handler(async ({ input: { id } }) => {
      await show(id)
      const made = await transact(db, (tx) => createPokeSecret(tx, key, id))
      return { ...made, repository: await show(id) }
    }),
    deletePokeSecret: writer.firn.deletePokeSecret.handler(async ({ input: { id, secretId } }) => {
      if (!(await deletePokeSecret(db, id, secretId))) found(undefined, 'poke secret')
      return show(id)
    }),
  }
}

async function refuseUnreachable(url: string, privateAllowed: boolean): Promise<void> {
  const reach = await reachOf(url, privateAllowed)
  if (!reach.ok) throw new Refusal('BAD_REQUEST', reach.reason)
}

async function showRepository(db: Reads, projectId: string, publicUrl: string): Promise<Repository> {
  const row = await db
    .selectFrom('git_remote')
    .innerJoin('project', 'project.id', 'git_remote.project_id')
    .selectAll('git_remote')
    .select('project.remote_url')
    .where('project_id', '=', projectId)
    .executeTakeFirst()
  const remote = found(row, 'repository elsewhere')
  return {
    url: remote.remote_url ?? '',
    username: remote.username,
    hasPassword: remote.credential !== null,
    pollEveryS: remote.poll_every_s,
    seenAt: remote.seen_at?.toISOString() ?? null,
    nextPollAt: remote.next_poll_at.toISOString(),
    error: remote.error,
    pokeUrl: `${publicUrl}/api/v1/firn/projects/${projectId}/poke`,
    pokeSecrets: (await listPokeSecrets(db, projectId)).map((secret) => ({
      id: secret.id,
      createdAt: secret.created_at.toISOString(),
    })),
  }
}
