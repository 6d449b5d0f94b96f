import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { aborted } from '@firn/base/loop'
import { pages } from '@firn/contract/paths'
import { type Client, connectApi, readConnection } from '../client.ts'
import { ensureAgentFiles } from '../up/agent-files.ts'
import { type Checkout, type Git, openGit, push, readCheckout } from '../up/checkout.ts'
import { lastWords, type SupervisedChild, supervise } from '../up/child.ts'
import { ensureNixConfig } from '../up/nix-config.ts'
import { openPrinter, type Printer } from '../watch/printer.ts'
import { printResults, watchCommit } from '../watch/watch-commit.ts'
import { endSignal, type World } from '../world.ts'

export type UpOptions = {
  path: string | undefined
  once?: true | undefined
  agent: boolean
  state: string
  port: string
  host: string
}

const bundledExample = new URL('../../../../examples/hello', import.meta.url).pathname

type Installation = { client: Client; url: string; stateFolder: string; stop(): Promise<void> }

/**
 * Starts everything on this machine, pushes if asked to, and stays until Ctrl-C; with `--once` until the push has ended.
 * @returns 0; with `--once` 1 where something is red
 */
export async function up(options: UpOptions, world: World): Promise<number> {
  const problem = problemOf(options)
  if (problem !== undefined) throw new Error(problem)
  const signal = endSignal(world)
  const printer = openPrinter(world)
  const stateFolder = resolve(options.state)
  await mkdir(stateFolder, { recursive: true, mode: 0o700 })
  const path = options.path ?? (options.once ? bundledExample : undefined)
  const git = openGit(world.env)
  const checkout = path === undefined ? undefined : await readCheckout(git, path, stateFolder)

  const firn = await start(options, { world, printer, stateFolder, signal })
  try {
    if (!options.once) await welcome(firn, printer)
    const pushed = checkout && (await pushAndFind(firn, { git, checkout }, printer))
    if (pushed === undefined || !options.once) return await stay(printer, signal)
    const watched = await watchCommit({ ...firn, printer, signal }, pushed)
    await printResults({ ...firn, printer }, watched)
    return watched.commit.jobs.every((job) => job.jobStatus === 'Success') ? 0 : 1
  } catch (error) {
    if (signal.aborted) return 130
    throw error
  } finally {
    await firn.stop()
  }
}

function problemOf({ port, once, agent }: UpOptions): string | undefined {
  if (!/^\d+$/.test(port) || Number(port) > 65_535) return `--port must be a number from 0 to 65535, not ${port}.`
  if (once && !agent) return '--once waits for builds, and --no-agent leaves nobody to do them: drop one of them.'
  return undefined
}

async function stay(printer: Printer, signal: AbortSignal): Promise<number> {
  await aborted(signal)
  printer.line('Stopping: running builds are ended and will be done again at the next start.')
  return 0
}

/** The server, and when it answers the agent; each a process of its own. */
async function start(
  options: UpOptions,
  { world, printer, stateFolder, signal }: { world: World; printer: Printer; stateFolder: string; signal: AbortSignal },
): Promise<Installation> {
  const logs = join(stateFolder, 'logs')
  await mkdir(logs, { recursive: true })
  const onLost = (sentence: string) => {
    if (!signal.aborted) printer.line(sentence)
  }
  const children: { child: SupervisedChild; withinMs: number }[] = []
  const stop = async () => {
    // The agent first: it gives its work back while the server is there to take it.
    for (const { child, withinMs } of children.toReversed()) await child.stop(withinMs)
  }
  try {
    const server = supervise({
      name: 'server',
      args: ['server'],
      endBy: 'SIGTERM',
      isAwaited: true,
      env: serverEnv(world.env, options, stateFolder),
      logFile: join(logs, 'server.log'),
      onLost,
    })
    children.push({ child: server, withinMs: 5000 })
    await Promise.race([server.ready, rejectWhenAborted(signal)])
    const connection = await readConnection(stateFolder)
    const client = connectApi(connection)
    if (options.agent) {
      const config = await ensureAgentFiles(client, { stateFolder, url: connection.url })
      const nixConfig = await ensureNixConfig(stateFolder, world.env)
      const agent = supervise({
        name: 'agent',
        args: ['agent', '--config', config],
        isAwaited: false,
        endBy: 'SIGINT', // at once: SIGTERM would let it finish what runs
        env: { ...world.env, ...(nixConfig === undefined ? {} : { NIX_CONF_DIR: nixConfig }) },
        logFile: join(logs, 'agent.log'),
        onLost,
      })
      children.push({ child: agent, withinMs: 4000 })
      await agentOnline(client, { signal, logFile: join(logs, 'agent.log') })
    }
    return { client, url: connection.url, stateFolder, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function serverEnv(env: World['env'], options: UpOptions, stateFolder: string): World['env'] {
  // There is no other server to take over, and Ctrl-C should not take long.
  return { FIRN_DRAIN: '2', ...env, FIRN_STATE: stateFolder, FIRN_PORT: options.port, FIRN_HOST: options.host }
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return aborted(signal).then(() => {
    throw new Error('stopped before the server was ready')
  })
}

const agentWithinMs = 30_000

async function agentOnline(
  client: Client,
  { signal, logFile }: { signal: AbortSignal; logFile: string },
): Promise<void> {
  const until = Date.now() + agentWithinMs
  while (!signal.aborted && Date.now() < until) {
    if ((await client.firn.home()).agentsOnline > 0) return
    await delay(100, undefined, { signal }).catch(() => {})
  }
  if (!signal.aborted)
    throw new Error(
      `The agent is not online after ${agentWithinMs / 1000} s: ${await lastWords(logFile)}\nIts log: ${logFile}`,
    )
}

async function welcome({ client, url, stateFolder }: Installation, printer: Printer): Promise<void> {
  const { url: link } = await client.firn.signInLink()
  const bold = (text: string) => printer.style('bold', text)
  printer.line()
  printer.line(`Firn is running.          ${bold(url)}`)
  printer.line(`Sign in (once, one hour)  ${link}`)
  printer.line(`Push a repository         ${bold(`git push ${url}/git/local/NAME.git main`)}`)
  printer.line(`  user x-access-token, password the token in ${join(stateFolder, 'connection.json')};`)
  printer.line(
    `  or let Git ask Firn:    git config credential.${url}.helper "!npx --prefix ${process.cwd()} firn git-credential --state ${stateFolder}"`,
  )
  printer.line(`Logs                      ${join(stateFolder, 'logs')}`)
  printer.line('Ctrl-C stops everything.')
  printer.line()
}

async function pushAndFind(
  { client, url, stateFolder }: Installation,
  { git, checkout }: { git: Git; checkout: Checkout },
  printer: Printer,
): Promise<{ projectId: string; rev: string }> {
  for (const note of checkout.notes) printer.line(note)
  await push(git, checkout, { url, stateFolder })
  const at = { site: 'local', account: 'local', project: checkout.name }
  const project = await client.projects.bySite(at)
  printer.line(
    `Pushed ${checkout.rev.slice(0, 7)} of ${checkout.name} (${checkout.branch}): ${url}${pages.commit(at, checkout.rev)}`,
  )
  return { projectId: project.id, rev: checkout.rev }
}
