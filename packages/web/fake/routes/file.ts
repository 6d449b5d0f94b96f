import { contract } from '@firn/contract/api/contract'
import { implement } from '@orpc/server'
import { found } from '../find.ts'
import { fileKey } from '../stories/files.ts'
import type { World } from '../world.ts'

const os = implement(contract).firn

/** Files, the same at each commit of a project. */
export function fileRoutes(world: World) {
  return {
    file: os.file.handler(({ input }) => found(world.files.get(fileKey(input.id, input.path)), 'file')),
  }
}
