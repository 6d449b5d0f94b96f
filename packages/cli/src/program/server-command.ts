import { type Command, Option } from '@commander-js/extra-typings'
import type { World } from '../world.ts'

/** Runs what a command does, and sets the process's exit status by what it returns. */
export type Act = (run: (world: World) => Promise<number>) => Promise<void>

const serverHelp = `
Which server: that of --state DIR (its connection.json), else that of FIRN_URL and FIRN_TOKEN, else that of ./state.

Exit status: 0 done, and what was asked about is green or not decided yet; 1 it is red; 2 wrong arguments, refused, no
server, or red for no reason but Firn's (lost agents, a full disk); 130 stopped by Ctrl-C, or nobody reads the output.
`

/** Declares a word below which commands that ask a server stand, such as `firn job`. */
export function serverCommands(program: Command, name: string, about: string): Command {
  return program.command(name).description(about).addHelpText('after', serverHelp)
}

/** Declares one of them. `json` says what its JSON is. */
export function serverCommand(parent: Command, name: string, { about, json }: { about: string; json: string }) {
  return parent
    .command(name)
    .description(about)
    .addOption(new Option('--json', `print ${json}`))
    .addOption(new Option('--state <dir>', 'state folder of the server'))
    .addHelpText('after', serverHelp)
}
