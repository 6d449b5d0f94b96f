/** An evaluation task of a server: its source is fetched, its events are posted, what it imports is built by the cluster. */
import { join } from 'node:path'
import { pause } from '@firn/base/loop'
import type { EvaluateTask, TaskStatus } from '@firn/contract/agent/task'
import { describeSource } from '@firn/core/traversal/git-source'
import type { Machine, Serving } from '../machine.ts'
import { logLevel, logText, type TaskLog } from '../report/task-log.ts'
import { fetchSource, type SourceNeeds } from './evaluate/fetch-source.ts'
import { ImportedBuilds } from './evaluate/imported-builds.ts'
import { boundsOf } from './evaluate/limits.ts'
import type { HandlerName } from './evaluate/program.ts'
import { openReporter } from './evaluate/report.ts'
import { runEvaluation } from './evaluate.ts'
import { exceptional } from './status.ts'

type Ports = { log: TaskLog; signal: AbortSignal }

export async function evaluateForServer(
  machine: Machine,
  serving: Serving,
  task: EvaluateTask,
  ports: Ports,
): Promise<TaskStatus> {
  const src = task.inputs.src
  if (src?.tag !== 'Git') return exceptional('No src input provided as a Git input')
  const { config, nix, timings } = machine
  await using folder = await machine.work.forTask('eval')
  const needs: SourceNeeds = {
    folder: folder.path,
    secureFolder: join(folder.path, 'secure'),
    environment: config.environment,
    backoff: timings.requests,
    signal: ports.signal,
  }
  const source = await fetchSource(needs, task, src.contents)
  if (!source.ok) return exceptional(source.reason)
  const submodules = source.source.submodules?.count ?? 0
  if (submodules > 0) await logText(ports.log, logLevel.info, `fetched with ${submodules} submodules`)
  await using reporter = openReporter(machine, serving, { taskId: task.id, ...ports })
  const { events } = reporter
  const imported = new ImportedBuilds({
    pool: machine.pool,
    ask: (drvPath) => serving.api.evalBuild(drvPath, ports.signal),
    rebuild: async (derivationPath) => {
      await events.emit([{ tag: 'BuildRequest', contents: { derivationPath, forceRebuild: true } }])
      await events.flush()
    },
    pause: () => pause(timings.evalBuildPollMs, ports.signal),
    onWaiting: (text) => logText(ports.log, logLevel.info, text),
  })
  const status = await runEvaluation(
    {
      nix,
      store: machine.store.address,
      environment: config.environment,
      ...boundsOf(config.evaluation),
      importFromDerivation: task.firn?.importFromDerivation ?? true,
      extended: serving.session.serviceInfo.firn !== undefined,
    },
    {
      source: source.source,
      git: describeSource({ ...src.contents, name: src.contents.name ?? nameOf(task) }),
      apiBaseUrl: config.apiBaseUrl,
      ciSystems: systemsOf(task),
      handler: handlerOf(task),
      credentials: task.extraGitCredentials ?? [],
    },
    {
      ...ports,
      emit: (batch) => events.emit(batch),
      flush: () => events.flush(),
      awaitBuild: (drvPath, signal) => imported.wait(drvPath, signal),
    },
  )
  return events.failure === undefined ? status : exceptional(events.failure)
}

function nameOf(task: EvaluateTask): string | undefined {
  const name = task.inputMetadata.src?.name
  return typeof name === 'string' ? name : undefined
}

function systemsOf({ ciSystems }: EvaluateTask): Record<string, []> | null {
  return ciSystems === null || ciSystems === undefined
    ? null
    : Object.fromEntries(Object.keys(ciSystems).map((system) => [system, []]))
}

function handlerOf({ selector }: EvaluateTask): HandlerName | null {
  if (selector.tag === 'ConfigOrLegacy') return null
  return { kind: selector.tag === 'OnPush' ? 'onPush' : 'onSchedule', name: selector.contents.name }
}
