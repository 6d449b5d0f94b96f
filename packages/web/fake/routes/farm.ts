import { contract } from '@firn/contract/api/contract'
import { implement } from '@orpc/server'
import { finder, refuse } from '../find.ts'
import { idOf } from '../make.ts'
import type { World } from '../world.ts'

const os = implement(contract)

/** Agents with their tokens and queue, and the derivations that they build. */
export function farmRoutes(world: World) {
  const { accountById, derivation } = finder(world)
  const isLocal = (accountId: string) => accountById(accountId).slug === 'local'
  return {
    joinTokens: {
      list: os.joinTokens.list.handler(({ input }) =>
        world.tokens.filter((it) => it.ownerId === input.id && (input.all || it.revocation === null)),
      ),
      create: os.joinTokens.create.handler(({ input }) => createToken(world, input)),
      delete: os.joinTokens.delete.handler(({ input }) => {
        for (const it of world.tokens) if (it.id === input.tokenId) it.revocation ??= new Date().toISOString()
        return {}
      }),
    },
    agents: { sessions: os.agents.sessions.handler(({ input }) => (isLocal(input.id) ? world.agents : [])) },
    derivations: {
      get: os.derivations.get.handler(({ input }) => derivation(input.drv)),
      retry: os.derivations.retry.handler(({ input }) => retry(world, input.drv)),
      cancel: os.derivations.cancel.handler(({ input }) => cancel(world, input.drv)),
      logLines: os.derivations.logLines.handler(refuse),
    },
    revokeJoinToken: os.firn.revokeJoinToken.handler(({ input }) => {
      world.tokens = world.tokens.filter((it) => it.id !== input.tokenId)
      return { sessions: 0 }
    }),
    audit: os.firn.audit.handler(refuse),
    queue: os.firn.queue.handler(({ input }) => (isLocal(input.id) ? world.queue : [])),
  }
}

function retry(world: World, drv: string) {
  const it = finder(world).derivation(drv)
  const because = 'Waits for a free slot.'
  world.derivations.set(it.derivationPath, { ...it, status: 'Waiting', because, mayRestart: false, mayCancel: true })
  world.announce({ kind: 'builds', derivations: [it.derivationPath] })
  return {}
}

function cancel(world: World, drv: string) {
  const it = finder(world).derivation(drv)
  const because = 'Cancelled by Ada. It is built when somebody asks for it again.'
  world.derivations.set(it.derivationPath, { ...it, status: 'Cancelled', because, mayCancel: false, mayRestart: true })
  world.announce({ kind: 'builds', derivations: [it.derivationPath] })
  return {}
}

function createToken(world: World, { id, description }: { id: string; description: string }) {
  const metadata = {
    id: idOf(`token ${world.tokens.length} ${description}`),
    ownerId: id,
    creationTime: new Date().toISOString(),
    description,
    revocation: null,
  }
  world.tokens.push(metadata)
  return { metadata, token: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ0JDAxOTMifQ.not-a-real-token' }
}
