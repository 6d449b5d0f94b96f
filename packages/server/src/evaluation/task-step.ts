import type { ServerPayload } from '@firn/contract/agent/socket'
import { type EvaluateTask, GitInput, type ImmutableInput } from '@firn/contract/agent/task'
import { EvaluationChoices } from '@firn/contract/api/project'
import { pages } from '@firn/contract/paths'
import { decideRetry } from '@firn/core/build/retry'
import { sql } from 'kysely'
import { z } from 'zod'
import { finishFindings } from '../build/add-findings.ts'
import { forgetAttributes } from '../build/attributes.ts'
import { localRemote } from '../catalog/projects.ts'
import { makeTaskToken } from '../catalog/token.ts'
import type { Reads, Tx } from '../db/connect.ts'
import { now } from '../db/now.ts'
import type { EndedTask, StartedTask, TaskRow, TaskStep } from '../dispatch/task.ts'
import { announce } from '../outbox/announce.ts'
import { queueTask, urgencyOf } from './start-evaluation.ts'
import { forgetFindings, lockEvaluationOf, updateEvaluation } from './store.ts'

export type EvaluateNeeds = { key: Buffer; publicUrl: string }

/** What becomes of an evaluation task. */
export function evaluationStep(needs: EvaluateNeeds): TaskStep {
  return {
    async render(db, tasks) {
      const messages = new Map<string, ServerPayload>()
      for (const task of tasks) {
        const message = await render(needs, db, task)
        if (message !== undefined) messages.set(task.id, message)
      }
      return messages
    },
    async started(tx, tasks) {
      for (const one of tasks) await started(tx, one)
    },
    async ended(tx, tasks) {
      for (const one of tasks) await ended(tx, one)
    },
  }
}

async function started(tx: Tx, { task, hostname }: StartedTask): Promise<void> {
  const evaluation = await lockEvaluationOf(tx, task.id)
  if (evaluation === undefined) return
  await updateEvaluation(tx, evaluation.job_id)
    .set({ state: 'running', agent_hostname: hostname, agent_version: versionOf(task), started_at: now, error: null })
    .execute()
  await announce(tx, { kind: 'attributes.added', projectId: evaluation.project_id, jobId: evaluation.job_id })
}

/** That of its agent. */
const versionOf = ({ session_id }: TaskRow) =>
  sql<string | null>`(select info->>'agentVersion' from agent_session where id = ${session_id})`

async function ended(tx: Tx, { task, ending }: EndedTask): Promise<void> {
  const evaluation = await lockEvaluationOf(tx, task.id)
  if (evaluation === undefined) return
  const { job_id: jobId, project_id: projectId, account_id: accountId } = evaluation
  const news = { projectId, jobId }
  const asker = { jobId, accountId, projectId, urgency: urgencyOf(evaluation) }

  const unbegun = ending.how === 'declined'
  if (unbegun || ending.how === 'lost' || (ending.how === 'broken' && !isLimit(ending.detail))) {
    const clean = unbegun || (ending.how === 'lost' && ending.clean)
    const retry = clean ? { again: true as const, afterMs: 0 } : decideRetry(ending.how, task.tries, ending.detail)
    if (retry.again) {
      await forgetFindings(tx, jobId)
      await forgetAttributes(tx, jobId)
      const tries = clean ? task.tries : task.tries + 1
      const taskId = await queueTask(tx, { ...asker, tries, afterMs: retry.afterMs })
      await updateEvaluation(tx, jobId)
        .set({ state: 'queued', task_id: taskId, has_config: false, facts: null })
        .$if(!unbegun, (query) => query.set({ error: ending.detail }))
        .execute()
      await announce(tx, { kind: 'attributes.added', ...news })
      return
    }
    await end(tx, jobId, { state: 'failed', error: retry.because })
  } else if (ending.how === 'broken') await end(tx, jobId, { state: 'failed', error: ending.detail })
  else if (ending.how === 'failed')
    await end(tx, jobId, { state: 'failed', error: 'The evaluation was ended by its agent.' })
  else await end(tx, jobId, { state: 'succeeded', error: null })

  await finishFindings(tx, asker)
  await announce(tx, { kind: 'evaluation.ended', ...news })
}

function end(tx: Tx, jobId: string, { state, error }: { state: 'succeeded' | 'failed'; error: string | null }) {
  return updateEvaluation(tx, jobId).set({ state, error, ended_at: now }).execute()
}

/** Limits are the expression's doing: to try again would only meet them again (hercules-ci.md 1.9.4). */
function isLimit(detail: string): boolean {
  return detail.startsWith('Evaluation limit reached')
}

/** The message that starts it (hercules-ci.md 4.5.1–4.5.4). Its tokens are good for this task only. */
async function render({ key, publicUrl }: EvaluateNeeds, db: Reads, task: TaskRow) {
  const job = await db
    .selectFrom('job')
    .innerJoin('project', 'project.id', 'job.project_id')
    .innerJoin('account', 'account.id', 'project.account_id')
    .innerJoin('forge', 'forge.id', 'account.forge_id')
    .selectAll('job')
    .select(['project.slug as project', 'account.slug as account', 'forge.slug as site'])
    .select('project.remote_url')
    .innerJoin('evaluation', 'evaluation.job_id', 'job.id')
    .select('evaluation.settings')
    .where('job.id', '=', task.subject)
    .executeTakeFirst()
  if (job === undefined) return undefined
  const extraInputs = Inputs.parse(job.extra_inputs)
  const remote = localRemote(publicUrl, job.account, job.project)
  const src: GitInput = {
    rev: job.rev,
    ref: job.ref,
    sshURL: '',
    httpURL: remote,
    webURL: publicUrl + pages.project(job),
    forgeType: 'firn',
    owner: job.account,
    name: job.project,
  }
  const selector: EvaluateTask['selector'] =
    job.type === 'OnPush' && job.name !== null
      ? { tag: 'OnPush', contents: { name: job.name, inputs: asTaskInputs(extraInputs) } }
      : { tag: 'ConfigOrLegacy' }
  const contents: EvaluateTask = {
    id: task.id,
    primaryInput: '',
    otherInputs: { src: `${publicUrl}/api/v1/tasks/${task.id}/source/${makeTaskToken(key, 'source', task.id)}` },
    inputMetadata: { src: { ref: job.ref, rev: job.rev, name: job.project } },
    inputs: { src: { tag: 'Git', contents: src } },
    autoArguments: {},
    nixPath: [],
    logToken: makeTaskToken(key, 'log', task.id),
    selector,
    ciSystems: null,
    extraGitCredentials: [remote, ...Object.values(extraInputs).map((input) => input.httpURL)].map((url) => ({
      url,
      username: 'x-access-token',
      password: makeTaskToken(key, 'clone', task.id),
    })),
    isFlakeJob: job.is_flake,
    firn: {
      ...EvaluationChoices.parse(job.settings),
      ...(job.remote_url !== null && { repositoryUrl: job.remote_url }),
    },
  }
  return { tag: 'StartEvaluation' as const, contents }
}

const Inputs = z.record(z.string(), GitInput)

function asTaskInputs(inputs: Record<string, GitInput>): Record<string, ImmutableInput> {
  return Object.fromEntries(Object.entries(inputs).map(([name, contents]) => [name, { tag: 'Git', contents }]))
}
