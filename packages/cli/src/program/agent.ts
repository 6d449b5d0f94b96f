import { type Command, Option } from '@commander-js/extra-typings'
import { type Act, jsonOption, serverHelp, stateOption } from './act.ts'

/** Declares `firn agent …`, where no word means `run`, and `firn agent-token …`. */
export function addAgentCommands(program: Command, act: Act): void {
  const agent = program.command('agent').description('run an agent, or list those of a server')
  agent
    .command('run', { isDefault: true })
    .description('run an agent')
    .requiredOption('--config <file>', 'agent.toml or agent.json')
    .action((options) => act(async (world) => (await import('../commands/agent.ts')).agent(options, world)))
  agent
    .command('list')
    .description('the agents of a server: what runs on them, and why nothing does')
    .addOption(stateOption())
    .addOption(jsonOption('the agents as a list of the API’s AgentSession'))
    .addHelpText('after', serverHelp)
    .action((options) => act(async (world) => (await import('../commands/list-agents.ts')).listAgents(options, world)))
  addTokenCommands(program, act)
}

const accountOption = () => new Option('--account <name>', 'NAME or SITE/NAME, where the server has several accounts')

function addTokenCommands(program: Command, act: Act): void {
  const token = program.command('agent-token').description('make, list and revoke the tokens that agents join with')
  token.addHelpText('after', serverHelp)
  token
    .command('create')
    .description('make a token; it is printed once, alone on standard output')
    .argument('<description>', 'what it is for')
    .addOption(accountOption())
    .addOption(stateOption())
    .addOption(jsonOption('the API’s CreatedJoinToken'))
    .addHelpText('after', serverHelp)
    .action((description, options) =>
      act(async (world) =>
        (await import('../commands/agent-token/create.ts')).createToken(description, options, world),
      ),
    )
  token
    .command('list')
    .description('the tokens that agents can join with')
    .addOption(accountOption())
    .addOption(stateOption())
    .addOption(jsonOption('them as a list of the API’s ClusterJoinToken'))
    .addHelpText('after', serverHelp)
    .action((options) =>
      act(async (world) => (await import('../commands/agent-token/list.ts')).listTokens(options, world)),
    )
  token
    .command('revoke')
    .description('let no new agent join with a token; those that have joined stay')
    .argument('<id>', 'as firn agent-token list prints it')
    .addOption(accountOption())
    .addOption(stateOption())
    .addOption(jsonOption('the token as the API’s ClusterJoinToken'))
    .addHelpText('after', serverHelp)
    .action((id, options) =>
      act(async (world) => (await import('../commands/agent-token/revoke.ts')).revokeToken(id, options, world)),
    )
}
