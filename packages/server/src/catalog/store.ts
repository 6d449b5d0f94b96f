import type { Reads } from '../db/connect.ts'

/** Accounts and projects with the slugs that their addresses are made of. */
export function accounts(db: Reads) {
  return db
    .selectFrom('account')
    .innerJoin('forge', 'forge.id', 'account.forge_id')
    .select([
      'account.id',
      'account.slug',
      'account.display_name',
      'account.type',
      'forge.slug as site',
      'forge.id as forge_id',
    ])
}

export function projects(db: Reads) {
  return db
    .selectFrom('project')
    .innerJoin('account', 'account.id', 'project.account_id')
    .innerJoin('forge', 'forge.id', 'account.forge_id')
    .select([
      'project.id',
      'project.slug',
      'project.default_branch',
      'project.enabled',
      'project.remote_url',
      'project.file_template',
      'project.import_from_derivation',
      'project.submodules',
      'project.supersede',
      'project.account_id',
      'account.slug as account',
      'forge.slug as site',
    ])
}

export type AccountRow = Awaited<ReturnType<ReturnType<typeof accounts>['executeTakeFirstOrThrow']>>
export type ProjectRow = Awaited<ReturnType<ReturnType<typeof projects>['executeTakeFirstOrThrow']>>
