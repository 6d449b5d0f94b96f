import { FilePath } from '@firn/contract/api/file'
import { Id, Rev } from '@firn/contract/ids'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { reader } from '../catalog/caller.ts'
import { findProject } from '../catalog/projects.ts'
import { found } from '../catalog/routes.ts'
import { refuseStrangers, type TextNeeds } from '../logs/text-routes.ts'
import { type FileNeeds, readFile, streamFile } from './read-file.ts'

/** Files of a project's commits, for those who may see its jobs. */
export function fileRoutes(needs: FileNeeds) {
  return {
    file: reader.firn.file.handler(async ({ input: { id, rev, path } }) => {
      const project = found(await findProject(needs.db, id), 'project')
      return readFile(needs, { project, rev, path })
    }),
  }
}

/** The content of a file, to be saved. Whatever it is, a browser takes it for text. */
export function rawFileRoute(app: FastifyInstance, needs: FileNeeds & Pick<TextNeeds, 'callerOf'>): void {
  app.get('/firn/projects/:id/commits/:rev/file/raw', async (request, reply) => {
    await refuseStrangers(needs, request)
    const { id, rev } = z.object({ id: Id, rev: Rev }).parse(request.params)
    const { path } = z.object({ path: FilePath }).parse(request.query)
    const project = found(await findProject(needs.db, id), 'project')
    const { name, bytes, content } = await streamFile(needs, { project, rev, path })
    return reply
      .type('text/plain; charset=utf-8')
      .header('content-disposition', `attachment; filename="${name.replace(/[^A-Za-z0-9._+-]/g, '_')}"`)
      .header('content-length', bytes)
      .send(content)
  })
}
