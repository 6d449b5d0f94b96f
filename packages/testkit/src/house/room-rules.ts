import { type Import, type Source, targetOf } from './sources.ts'

/** Each imports only what stands to its left. */
const ground = ['db', 'outbox', 'catalog', 'logs', 'forge', 'dispatch', 'cache', 'http']
/** Each imports the ground, and only what stands to its right. */
const steps = ['operations', 'trigger', 'job', 'evaluation', 'build', 'effect', 'status']

/** The rooms of the server keep their order; a file beside the rooms puts them together, and no room imports it. */
export function crossings(sources: readonly Source[]): string[] {
  return betweenRooms(sources).flatMap(({ source, each, from, to }) => {
    const because = refusal(from, to)
    return because === undefined ? [] : [`${source.path} imports ${each.specifier}: ${because}`]
  })
}

/** A room's tables are asked for through its flows and readers. */
export function foreignStores(sources: readonly Source[]): string[] {
  return betweenRooms(sources)
    .filter(({ each }) => each.specifier.endsWith('/store.ts'))
    .map(({ source, each, to }) => `${source.path} imports ${each.specifier}: the store of ${to} is its own`)
}

type Crossing = { source: Source; each: Import; from: string; to: string | undefined }

/** Imports inside the server that leave a room. Tests put rooms together as they need. */
function betweenRooms(sources: readonly Source[]): Crossing[] {
  const rooms = sources.filter((source) => source.package === 'server' && !source.isTest)
  return rooms.flatMap((source) =>
    source.imports.flatMap((each) => {
      const [from] = source.folders
      const target = targetOf(source, each)?.split('/')
      if (from === undefined || target?.[0] !== 'server') return []
      const to = target.length > 3 ? target[2] : undefined
      return to === from ? [] : [{ source, each, from, to }]
    }),
  )
}

function refusal(from: string, to: string | undefined): string | undefined {
  if (to === undefined) return 'files beside the rooms are for app.ts and routes.ts to use'
  const [fromGround, toGround, fromStep, toStep] = [
    ground.indexOf(from),
    ground.indexOf(to),
    steps.indexOf(from),
    steps.indexOf(to),
  ]
  if (fromGround < 0 && fromStep < 0) return `room ${from} has no place in the order`
  if (toGround < 0 && toStep < 0) return `room ${to} has no place in the order`
  if (fromStep >= 0) return toGround >= 0 || toStep > fromStep ? undefined : `step ${to} is left of ${from}`
  if (toGround < 0) return `ground room ${from} imports a step`
  return toGround < fromGround ? undefined : `${to} is not left of ${from} (${ground.join(' < ')})`
}
