import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { Id, Rev } from '../ids.ts'
import { LiveEvent } from '../live.ts'
import { Account, ClientInfo, Health, Whoami } from './account.ts'
import { AgentSession, ClusterJoinToken, CreatedJoinToken, QueueRow } from './agents.ts'
import { AuditEntry } from './audit.ts'
import { DerivationDetail, FailureGraph } from './derivation.ts'
import { AttributeFilter, AttributeRows, EvaluationDetail, EvaluationDiff } from './evaluation.ts'
import { FilePath, RepositoryFile } from './file.ts'
import { Job, JobFilter, JobHandlers, JobPage, ProjectAndJobs } from './job.ts'
import { JobMatches, Log, LogMatches, LogWindow, PhaseStart, SearchText } from './log.ts'
import { Operations, Removal, Retention } from './operations.ts'
import { CommitOverview, Home, JobOverview } from './overview.ts'
import { Project, ProjectSettings } from './project.ts'
import { CreatedPokeSecret, NewRepository, Repository, RepositoryChanges } from './repository.ts'

const get = (path: `/${string}`) => oc.route({ method: 'GET', path })
const post = (path: `/${string}`) => oc.route({ method: 'POST', path })

const byId = z.object({ id: Id })
const bySite = z.object({ site: z.string(), account: z.string() })
const byProject = bySite.extend({ project: z.string() })
const derivation = z.object({ id: Id, drv: z.string() })
const daysAsked = z.coerce.number().int().min(1).max(36_500).nullable().default(null)
const logFrom = { logId: Id.optional(), iMin: z.coerce.number().int().nonnegative().default(0) }

/**
 * Firn's JSON API under `/api/v1`. All but `firn` has the names and shapes of the published API
 * (hercules-ci.md 5.2, 5.3); what Firn adds is below `/firn` or in fields of its own.
 */
export const contract = {
  clientInfo: get('/client/info').output(ClientInfo),
  health: {
    database: get('/health/db').output(Health),
    queue: get('/health/queue').output(Health),
    github: get('/health/github').output(Health),
  },
  accounts: {
    list: get('/accounts')
      .input(z.object({ site: z.string().optional(), name: z.string().optional() }))
      .output(z.array(Account)),
    me: get('/accounts/me').output(Account),
    get: get('/accounts/{id}').input(byId).output(Account),
    bySite: get('/site/{site}/account/{account}').input(bySite).output(Account),
    projects: get('/accounts/{id}/projects').input(byId).output(z.array(Project)),
  },
  projects: {
    list: get('/projects').input(byProject.partial()).output(z.array(Project)),
    get: get('/projects/{id}').input(byId).output(Project),
    bySite: get('/site/{site}/account/{account}/project/{project}').input(byProject).output(Project),
    jobs: get('/projects/{id}/jobs').input(byId.extend(JobFilter.shape)).output(JobPage),
    jobsBySite: get('/site/{site}/account/{account}/project/{project}/jobs')
      .input(byProject.extend(JobFilter.shape))
      .output(JobPage),
  },
  jobs: {
    list: get('/jobs')
      .input(
        byProject.partial().extend({
          index: z.coerce.number().int().optional(),
          latest: z.coerce.number().int().min(1).max(50).default(10),
        }),
      )
      .output(z.array(ProjectAndJobs)),
    get: get('/jobs/{id}').input(byId).output(Job),
    handlers: get('/jobs/{id}/handlers').input(byId).output(JobHandlers),
    evaluation: get('/jobs/{id}/evaluation').input(byId).output(EvaluationDetail),
    evaluationLog: get('/jobs/{id}/evaluation/log/lines').input(byId.extend(logFrom)).output(Log),
    compare: get('/jobs/{id}/evaluation/compare/{baseJobId}')
      .input(byId.extend({ baseJobId: Id }))
      .output(EvaluationDiff),
    rerun: post('/jobs/{id}/rerun')
      .input(byId.extend({ rebuildFailures: z.stringbool().or(z.boolean()).default(false) }))
      .output(Job),
    cancel: post('/jobs/{id}/cancel').input(byId).output(z.object({})),
    failures: get('/jobs/{id}/derivations/failed').input(byId).output(FailureGraph),
  },
  joinTokens: {
    /** `all`, which is Firn's own: also those that were deleted. */
    list: get('/accounts/{id}/clusterJoinTokens')
      .input(byId.extend({ all: z.stringbool().or(z.boolean()).default(false) }))
      .output(z.array(ClusterJoinToken)),
    create: post('/accounts/{id}/clusterJoinTokens')
      .input(byId.extend({ description: z.string().trim().min(1, 'must say what the token is for').max(200) }))
      .output(CreatedJoinToken),
    delete: oc
      .route({ method: 'DELETE', path: '/accounts/{id}/clusterJoinTokens/{tokenId}' })
      .input(byId.extend({ tokenId: Id }))
      .output(z.object({})),
  },
  agents: {
    sessions: get('/accounts/{id}/agentSessions').input(byId).output(z.array(AgentSession)),
  },
  derivations: {
    get: get('/accounts/{id}/derivations/{drv}')
      .input(derivation.extend({ 'via-job': Id.optional() }))
      .output(DerivationDetail),
    retry: post('/accounts/{id}/derivations/{drv}/retry').input(derivation).output(z.object({})),
    cancel: post('/accounts/{id}/derivations/{drv}/cancel').input(derivation).output(z.object({})),
    logLines: get('/accounts/{id}/derivations/{drv}/log/lines').input(derivation.extend(logFrom)).output(Log),
  },
  firn: {
    whoami: get('/firn/whoami').output(Whoami),
    /** A link that signs the local administrator in, once. Needs the administrator's token. */
    signInLink: post('/firn/sign-in-links').output(z.object({ url: z.string() })),
    home: get('/firn/home').output(Home),
    commit: get('/firn/projects/{id}/commits/{rev}')
      .input(byId.extend({ rev: z.string() }))
      .output(CommitOverview),
    /** What stands at a path of a commit; `GET …/file/raw` is its content, to download. */
    file: get('/firn/projects/{id}/commits/{rev}/file')
      .input(byId.extend({ rev: Rev, path: FilePath.default('') }))
      .output(RepositoryFile),
    /** Puts a job that is not done before all others. */
    bumpJob: post('/firn/jobs/{id}/bump').input(byId).output(Job),
    jobOverview: get('/firn/jobs/{id}/overview').input(byId).output(JobOverview),
    attributes: get('/firn/jobs/{id}/attributes').input(byId.extend(AttributeFilter.shape)).output(AttributeRows),
    settings: get('/firn/projects/{id}/settings').input(byId).output(ProjectSettings),
    changeSettings: oc
      .route({ method: 'PATCH', path: '/firn/projects/{id}/settings' })
      .input(byId.extend(ProjectSettings.partial().shape))
      .output(ProjectSettings),
    /** Deletes a join token and ends the sessions that came from it at once; their work goes to others. */
    revokeJoinToken: post('/firn/accounts/{id}/clusterJoinTokens/{tokenId}/revoke')
      .input(byId.extend({ tokenId: Id }))
      .output(z.object({ sessions: z.int() })),
    /** The newest first; for people who are signed in. */
    audit: get('/firn/accounts/{id}/audit')
      .input(
        byId.extend({
          before: z.coerce.number().int().optional(),
          limit: z.coerce.number().int().min(1).max(500).default(100),
        }),
      )
      .output(z.array(AuditEntry)),
    /** Follows a repository elsewhere as a project of the account. */
    addRepository: post('/firn/accounts/{id}/repositories').input(byId.extend(NewRepository.shape)).output(Project),
    repository: get('/firn/projects/{id}/repository').input(byId).output(Repository),
    changeRepository: oc
      .route({ method: 'PATCH', path: '/firn/projects/{id}/repository' })
      .input(byId.extend(RepositoryChanges.shape))
      .output(Repository),
    /** Looks at it soon, without waiting for the interval. */
    lookAtRepository: post('/firn/projects/{id}/repository/look').input(byId).output(Repository),
    createPokeSecret: post('/firn/projects/{id}/repository/poke-secrets').input(byId).output(CreatedPokeSecret),
    deletePokeSecret: oc
      .route({ method: 'DELETE', path: '/firn/projects/{id}/repository/poke-secrets/{secretId}' })
      .input(byId.extend({ secretId: Id }))
      .output(Repository),
    operations: get('/firn/operations').output(Operations),
    retention: get('/firn/accounts/{id}/retention').input(byId).output(Retention),
    /** What settings would remove; a field that is absent keeps for ever. */
    previewRetention: get('/firn/accounts/{id}/retention/preview')
      .input(byId.extend({ jobDays: daysAsked, logDays: daysAsked, failureDays: daysAsked }))
      .output(z.array(Removal)),
    changeRetention: oc
      .route({ method: 'PUT', path: '/firn/accounts/{id}/retention' })
      .input(byId.extend(Retention.shape))
      .output(Retention),
    queue: get('/firn/accounts/{id}/queue').input(byId).output(z.array(QueueRow)),
    logWindow: get('/firn/logs/{id}/lines')
      .input(
        byId.extend({
          /** The first line wanted; negative counts from the end. */
          from: z.coerce.number().int().default(0),
          count: z.coerce.number().int().min(1).max(5000).default(1000),
        }),
      )
      .output(LogWindow),
    /** The lines from `from` on as they are written; ends with the log. */
    followLog: get('/firn/logs/{id}/follow')
      .input(byId.extend({ from: z.coerce.number().int().nonnegative().default(0) }))
      .output(eventIterator(LogWindow)),
    /** Where the phases of the log begin. */
    logPhases: get('/firn/logs/{id}/phases').input(byId).output(z.array(PhaseStart)),
    /** The lines that hold a text, from line `from` on; a long log takes several answers. */
    searchLog: get('/firn/logs/{id}/search')
      .input(byId.extend({ q: SearchText, from: z.coerce.number().int().nonnegative().default(0) }))
      .output(LogMatches),
    /** The same in the newest log of every build of the job; goes on with `after`. */
    searchLogs: get('/firn/jobs/{id}/log-search')
      .input(
        byId.extend({
          q: SearchText,
          after: z
            .string()
            .regex(/^\d{1,18}$/)
            .optional(),
        }),
      )
      .output(JobMatches),
    /** What changes, from now on or from the cursor of the last event heard. */
    live: get('/firn/live')
      .input(z.object({ projectId: Id.optional(), jobId: Id.optional() }))
      .output(eventIterator(LiveEvent)),
  },
}
