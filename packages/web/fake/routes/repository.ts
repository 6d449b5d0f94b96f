import { contract } from '@firn/contract/api/contract'
import type { Repository } from '@firn/contract/api/repository'
import { fileViewOf } from '@firn/core/forge/file-view'
import { implement } from '@orpc/server'
import { finder, found, mustWrite } from '../find.ts'
import { ago, idOf, makeProject } from '../make.ts'
import type { World } from '../world.ts'

const os = implement(contract).firn

/** Repositories elsewhere, as far as the pages ask. */
export function repositoryRoutes(world: World) {
  const { project } = finder(world)
  const repository = (id: string) => found(project(id).repository, 'repository elsewhere')
  return {
    addRepository: os.addRepository.handler(({ input: { name, url, username, password, pollEveryS } }) => {
      mustWrite(world)
      const made = makeProject(name, { remoteURL: url, httpURL: null, defaultBranch: null })
      world.addProject(made).repository = makeRepository(made.id, {
        url,
        username,
        hasPassword: password !== null,
        pollEveryS,
      })
      return made
    }),
    repository: os.repository.handler(({ input }) => repository(input.id)),
    changeRepository: os.changeRepository.handler(
      ({ input: { id, url, username, password, pollEveryS, fileTemplate } }) => {
        mustWrite(world)
        const it = repository(id)
        it.url = url ?? it.url
        it.username = username === undefined ? it.username : username
        it.hasPassword = password === undefined ? it.hasPassword : password !== null
        it.pollEveryS = pollEveryS ?? it.pollEveryS
        it.fileTemplate = fileTemplate === undefined ? it.fileTemplate : fileTemplate
        project(id).project.fileView = fileViewOf({ url: it.url, template: it.fileTemplate })
        it.error = null
        return it
      },
    ),
    lookAtRepository: os.lookAtRepository.handler(({ input }) => {
      const it = repository(input.id)
      it.seenAt = ago(0)
      return it
    }),
    createPokeSecret: os.createPokeSecret.handler(({ input }) => {
      mustWrite(world)
      const it = repository(input.id)
      const id = idOf(`secret ${it.pokeSecrets.length}`)
      it.pokeSecrets = [{ id, createdAt: ago(0) }, ...it.pokeSecrets].slice(0, 2)
      return { id, secret: 'kD3uJx1mZcVb7Qh2tTgYw9RrXe5NnLa8PpSsFfOo0iU', repository: it }
    }),
    deletePokeSecret: os.deletePokeSecret.handler(({ input }) => {
      const it = repository(input.id)
      it.pokeSecrets = it.pokeSecrets.filter((secret) => secret.id !== input.secretId)
      return it
    }),
  }
}

export function makeRepository(projectId: string, part: Partial<Repository>): Repository {
  return {
    url: '',
    username: null,
    hasPassword: false,
    pollEveryS: 60,
    fileTemplate: null,
    seenAt: null,
    nextPollAt: ago(-30),
    error: null,
    pokeUrl: `http://127.0.0.1:8080/api/v1/firn/projects/${projectId}/poke`,
    pokeSecrets: [],
    ...part,
  }
}
