import { type Command, Option } from '@commander-js/extra-typings'
import { type Act, serverCommand, serverCommands } from './server-command.ts'

/** Declares `firn agent …`, where no word means `run`, and `firn agent-token …`. */
export function addAgentCommands(program: Command, act: Act): void {
  const agent = program.command('agent').description('run an agent, or list those of a server')
  agent
    .command('run', { isDefault: true })
    .description('run an agent')
    .requiredOption('--config <file>', 'agent.toml or agent.json')
    .action((options) => act(async (world) => (await import('../commands/agent.ts')).agent(options, world)))
  const list = 'the agents of a server: what runs on them, and why nothing does'
  serverCommand(agent, 'list', { about: list, json: 'the agents as a list of the API’s AgentSession' }).action(
    (options) => act(async (world) => (await import('../commands/list-agents.ts')).listAgents(options, world)),
  )
  addTokenCommands(program, act)
}

const account = () => new Option('--account <name>', 'NAME or SITE/NAME, where the server has several accounts')

function addTokenCommands(program: Command, act: Act): void {
  const token = serverCommands(program, 'agent-token', 'make, list and revoke the tokens that agents join with')
  const create = 'make a token; it is printed once, alone on standard output'
  serverCommand(token, 'create', { about: create, json: 'the API’s CreatedJoinToken' })
    .argument('<description>', 'what it is for')
    .addOption(account())
    .action((description, options) =>
      act(async (world) =>
        (await import('../commands/agent-token/create.ts')).createToken(description, options, world),
      ),
    )
  const list = 'the tokens that agents can join with'
  serverCommand(token, 'list', { about: list, json: 'them as a list of the API’s ClusterJoinToken' })
    .option('--all', 'also those that were revoked')
    .addOption(account())
    .action((options) =>
      act(async (world) => (await import('../commands/agent-token/list.ts')).listTokens(options, world)),
    )
  const revoke = 'let no new agent join with a token; those that have joined stay'
  const revoked = 'the token as the API’s ClusterJoinToken; with sessions the API’s answer, which counts them'
  serverCommand(token, 'revoke', { about: revoke, json: revoked })
    .argument('<id>', 'as firn agent-token list prints it')
    .option('--with-sessions', 'also end the agents that joined with it; their work is given to others')
    .addOption(account())
    .action((id, options) =>
      act(async (world) => (await import('../commands/agent-token/revoke.ts')).revokeToken(id, options, world)),
    )
}
