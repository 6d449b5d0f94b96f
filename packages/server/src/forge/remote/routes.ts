import { Refusal } from '@firn/base/refusal'
import type { Repository } from '@firn/contract/api/repository'
import { findAccount } from '../../catalog/accounts.ts'
import { audit } from '../../catalog/audit.ts'
import { type Caller, personOf, reader, writer } from '../../catalog/caller.ts'
import { findProject, insertProject, showProject } from '../../catalog/projects.ts'
import { found } from '../../catalog/routes.ts'
import type { Db, Reads, Tx } from '../../db/connect.ts'
import type { Nudges } from '../../db/nudges.ts'
import { transact } from '../../db/transact.ts'
import { announce } from '../../outbox/announce.ts'
import { outboxTopic } from '../../outbox/relay.ts'
import { createPokeSecret, deletePokeSecret, listPokeSecrets } from './poke-secrets.ts'
import { reachOf } from './reach.ts'
import { askForLook, changeRemote, findRemote, insertRemote, type RemoteChanges, remotesTopic } from './remotes.ts'

export type RepositoryNeeds = { db: Db; nudges: Nudges; key: Buffer; publicUrl: string; privateForges: boolean }

export function repositoryRoutes(needs: RepositoryNeeds) {
  const { db, nudges, key, publicUrl, privateForges } = needs
  const show = (id: string) => showRepository(db, id, publicUrl)
  const nudge = () => {
    nudges.send(outboxTopic)
    nudges.send(remotesTopic)
  }
  /** Changes a repository that is there; everybody hears of it, and the account's log says who did what. */
  const change = async <Result>(id: string, { by, deed }: Deed, work: (tx: Tx) => Promise<Result>): Promise<Result> => {
    await show(id)
    const result = await transact(db, async (tx) => {
      const done = await work(tx)
      const project = found(await findProject(tx, id), 'project')
      await audit(tx, { accountId: project.account_id, actor: personOf(by).name, deed: `${deed} of ${project.slug}` })
      await announce(tx, { kind: 'project.changed', projectId: id })
      return done
    })
    nudge()
    return result
  }
  return {
    add: writer.firn.addRepository.handler(async ({ input: { id, name, url, ...login }, context }) => {
      const account = found(await findAccount(db, id), 'account')
      await refuseUnreachable(url, privateForges)
      const projectId = await transact(db, async (tx) => {
        const made = await insertProject(tx, { accountId: account.id, slug: name, remoteUrl: url })
        if (made === undefined)
          throw new Refusal('CONFLICT', `${account.slug} has a project ${name} already. Choose another name.`)
        await insertRemote(tx, key, { projectId: made, ...login })
        const deed = `added the repository ${url} as ${name}`
        await audit(tx, { accountId: account.id, actor: personOf(context.caller).name, deed })
        await announce(tx, { kind: 'project.changed', projectId: made })
        return made
      })
      nudge()
      return showProject(found(await findProject(db, projectId), 'project'), publicUrl)
    }),
    get: reader.firn.repository.handler(({ input }) => show(input.id)),
    change: writer.firn.changeRepository.handler(async ({ input: { id, ...changes }, context }) => {
      if (changes.url !== undefined) await refuseUnreachable(changes.url, privateForges)
      const changed = { by: context.caller, deed: `changed ${wordChanges(changes)} of the repository` }
      await change(id, changed, (tx) => changeRemote(tx, key, { projectId: id, ...changes }))
      return show(id)
    }),
    look: writer.firn.lookAtRepository.handler(async ({ input: { id } }) => {
      await show(id)
      await askForLook(db, id)
      nudges.send(remotesTopic)
      return show(id)
    }),
    createPokeSecret: writer.firn.createPokeSecret.handler(async ({ input: { id }, context }) => {
      const made = { by: context.caller, deed: 'made a poke secret' }
      return { ...(await change(id, made, (tx) => createPokeSecret(tx, key, id))), repository: await show(id) }
    }),
    deletePokeSecret: writer.firn.deletePokeSecret.handler(async ({ input: { id, secretId }, context }) => {
      await change(id, { by: context.caller, deed: 'deleted a poke secret' }, async (tx) => {
        if (!(await deletePokeSecret(tx, id, secretId))) found(undefined, 'poke secret')
      })
      return show(id)
    }),
  }
}

type Deed = { by: Caller; deed: string }

/** Names what is changed and tells the address; of a login it tells nothing. */
function wordChanges({ url, ...others }: RemoteChanges): string {
  const words = {
    username: 'the user name',
    password: 'the password',
    pollEveryS: 'the interval',
    fileTemplate: 'the link to files',
  }
  const changed = Object.entries(words).flatMap(([key, word]) => (key in others ? [word] : []))
  return [...(url === undefined ? [] : [`the address (now ${url})`]), ...changed].join(', ') || 'nothing'
}

async function refuseUnreachable(url: string, privateAllowed: boolean): Promise<void> {
  const reach = await reachOf(url, privateAllowed)
  if (!reach.ok) throw new Refusal('BAD_REQUEST', reach.reason)
}

async function showRepository(db: Reads, projectId: string, publicUrl: string): Promise<Repository> {
  const remote = found(await findRemote(db, projectId), 'repository elsewhere')
  return {
    url: remote.remote_url ?? '',
    username: remote.username,
    hasPassword: remote.credential !== null,
    pollEveryS: remote.poll_every_s,
    fileTemplate: remote.file_template,
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
