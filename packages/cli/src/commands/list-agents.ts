import type { AgentSession } from '@firn/contract/api/agents'
import { wordAgo, wordDuration } from '@firn/core/status/time-words'
import { exitStatus, type ServerOptions, withServer } from '../connected/with-server.ts'
import type { Printer } from '../watch/printer.ts'
import { mark } from '../watch/results.ts'
import type { World } from '../world.ts'

/** Prints the agents: whether they are online, what runs on them, and why nothing does. */
export async function listAgents(options: ServerOptions, world: World): Promise<number> {
  return withServer(options, world, async (server) => {
    const accounts = await server.client.accounts.list({})
    const sessions = await Promise.all(accounts.map(({ id }) => server.client.agents.sessions({ id })))
    const agents = sessions.flat()
    if (server.isJson) server.document(agents)
    else for (const agent of agents) printAgent(server.printer, agent)
    if (agents.length === 0)
      server.aside('No agent has joined. `firn agent-token create DESCRIPTION` makes a token for one.')
    return exitStatus.green
  })
}

function printAgent(printer: Printer, agent: AgentSession): void {
  const { hostname, online, platforms, systemFeatures, tasks, concurrentTasks, lastSeen, revocation } = agent
  const now = Date.now()
  const seen = online || lastSeen === null ? '' : `, last seen ${wordAgo(lastSeen, now)}`
  const name = printer.style('bold', printer.foreignLine(hostname))
  const versions = `agent ${agent.agentVersion}, Nix ${agent.nixVersion}`
  const revoked = revocation === null ? '' : `, ${online ? 'join token ' : ''}revoked ${wordAgo(revocation, now)}`
  printer.line(
    `${mark(printer, online ? 'Succeeded' : 'Waiting')} ${name}  ${online ? 'online' : 'offline'}${seen}${revoked}`,
  )
  printer.line(
    `  ${[...platforms, ...systemFeatures].map(printer.foreignLine).join(' ')}  ${printer.foreignLine(versions)}`,
  )
  printer.line(
    `  ${tasks.length} of ${concurrentTasks} ${concurrentTasks === 1 ? 'slot' : 'slots'} in use. ${printer.foreignLine(agent.because)}`,
  )
  for (const { kind, label, since } of tasks)
    printer.line(
      `    ${mark(printer, 'Running')} ${kind} ${printer.foreignLine(label)}  ${wordDuration(Math.max(0, now - Date.parse(since)))}`,
    )
}
