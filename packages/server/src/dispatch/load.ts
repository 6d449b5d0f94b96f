import { AgentLoad } from '@firn/contract/agent/load'

/** The load of a session as its row holds it; null where its agent does not say, or says it as another version would. */
export function readLoad(row: unknown): AgentLoad | null {
  const load = AgentLoad.nullable().safeParse(row)
  return load.success ? load.data : null
}
