import { Refusal } from '@firn/base/refusal'
import type { Db } from '../db/connect.ts'
import { findAccount, findAccountBySite, listAccounts, showAccount } from './accounts.ts'
import { audit, listAudit } from './audit.ts'
import { anyone, personOf, reader, writer } from './caller.ts'
import { createJoinToken, deleteJoinToken, listJoinTokens } from './join-tokens.ts'
import {
  changeSettings,
  findProject,
  findProjectBySite,
  listProjects,
  type ProjectRow,
  showProject,
  showSettings,
} from './projects.ts'
import type { SignIn } from './sign-in.ts'

export type CatalogNeeds = { db: Db; signIn: SignIn; publicUrl: string; version: string }

/** The value, or a refusal that says what there is none of. */
export function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Refusal('NOT_FOUND', `There is no such ${what}, or you may not see it.`)
  return value
}

export function catalogRoutes({ db, signIn, publicUrl, version }: CatalogNeeds) {
  const show = (row: ProjectRow) => showProject(row, publicUrl)
  const accounts = async () => (await listAccounts(db)).map(showAccount)
  return {
    clientInfo: anyone.clientInfo.handler(async ({ context }) => ({
      apiBaseUrl: publicUrl,
      frontendBaseUrl: publicUrl,
      licensedTo: null,
      forges: await db
        .selectFrom('forge')
        .select(['id', 'slug', 'display_name as displayName', 'type as typ'])
        .orderBy('slug')
        .execute(),
      personalAccounts: context.caller.kind === 'nobody' ? [] : await accounts(),
    })),
    whoami: anyone.firn.whoami.handler(({ context: { caller } }) => ({
      signedIn: caller.kind === 'person',
      name: caller.kind === 'person' ? caller.person.name : null,
      mayWrite: caller.kind === 'person',
      version,
      now: new Date().toISOString(),
    })),
    signInLink: writer.firn.signInLink.handler(async () => ({ url: await signIn.makeLink() })),
    accounts: {
      list: reader.accounts.list.handler(async ({ input }) =>
        (await accounts()).filter(
          (account) =>
            (input.site ?? account.sourceHostingSiteSlug) === account.sourceHostingSiteSlug &&
            (input.name ?? account.slug) === account.slug,
        ),
      ),
      me: writer.accounts.me.handler(async () => found((await accounts())[0], 'account')),
      get: reader.accounts.get.handler(async ({ input }) =>
        showAccount(found(await findAccount(db, input.id), 'account')),
      ),
      bySite: reader.accounts.bySite.handler(async ({ input }) =>
        showAccount(found(await findAccountBySite(db, input.site, input.account), 'account')),
      ),
      projects: reader.accounts.projects.handler(async ({ input }) =>
        (await listProjects(db, { accountId: input.id })).map(show),
      ),
    },
    projects: {
      list: reader.projects.list.handler(async ({ input }) => (await listProjects(db, defined(input))).map(show)),
      get: reader.projects.get.handler(async ({ input }) => show(found(await findProject(db, input.id), 'project'))),
      bySite: reader.projects.bySite.handler(async ({ input }) =>
        show(found(await findProjectBySite(db, input), 'project')),
      ),
    },
    settings: {
      get: reader.firn.settings.handler(async ({ input }) =>
        showSettings(found(await findProject(db, input.id), 'project')),
      ),
      change: writer.firn.changeSettings.handler(async ({ input: { id, ...settings } }) => {
        found(await findProject(db, id), 'project')
        await changeSettings(db, id, settings)
        return showSettings(found(await findProject(db, id), 'project'))
      }),
    },
    joinTokens: {
      list: writer.joinTokens.list.handler(({ input }) => listJoinTokens(db, input)),
      create: writer.joinTokens.create.handler(async ({ input, context }) => {
        found(await findAccount(db, input.id), 'account')
        const created = await createJoinToken(db, input.id, input.description)
        const { name: actor } = personOf(context.caller)
        await audit(db, { accountId: input.id, actor, deed: `made the join token “${input.description}”` })
        return created
      }),
      delete: writer.joinTokens.delete.handler(async ({ input, context }) => {
        const { description, wasGood } = found(await deleteJoinToken(db, input.id, input.tokenId), 'join token')
        const { name: actor } = personOf(context.caller)
        if (wasGood) await audit(db, { accountId: input.id, actor, deed: `deleted the join token “${description}”` })
        return {}
      }),
    },
    audit: writer.firn.audit.handler(({ input }) => listAudit(db, input.id, input)),
  }
}

/** The same object without the keys whose value is undefined. */
function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
