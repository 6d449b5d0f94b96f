import { ORPCError } from '@orpc/server'
import type { World } from './world.ts'

/** The thing, or the refusal that there is none. */
export function found<T>(thing: T | undefined, what: string): T {
  if (thing === undefined) throw new ORPCError('NOT_FOUND', { message: `There is no such ${what}.` })
  return thing
}

/** Refuses what the dashboard does not ask for. */
export function refuse(): never {
  throw new ORPCError('NOT_IMPLEMENTED', { message: 'The fake server does not do this.' })
}

/** Refuses one who may only read, as the server does. */
export function mustWrite(world: World): void {
  if (!world.mayWrite) throw new ORPCError('FORBIDDEN', { message: 'Changing this needs a sign-in.' })
}

/** Ways to find things in the world by what requests name them. */
export function finder(world: World) {
  return {
    account: (site: string, name: string) =>
      found(
        world.accounts.find((it) => it.sourceHostingSiteSlug === site && it.slug === name),
        'account',
      ),
    accountById: (id: string) =>
      found(
        world.accounts.find((it) => it.id === id),
        'account',
      ),
    project: (id: string) =>
      found(
        world.projects.find((it) => it.project.id === id),
        'project',
      ),
    ownedBy: (id: string) => world.projects.filter((it) => it.project.ownerId === id),
    job: (id: string) => found(world.findJob(id), 'job'),
    log: (id: string) => found(world.logs.get(id), 'log'),
    derivation: (drv: string) => found(world.derivations.get(drv), 'derivation'),
  }
}
