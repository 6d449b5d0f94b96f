import { Option } from '@commander-js/extra-typings'
import type { World } from '../world.ts'

/** Runs what a command does, and sets the process's exit status by what it returns. */
export type Act = (run: (world: World) => Promise<number>) => Promise<void>

/** The options of every command that asks a server. */
export const stateOption = () =>
  new Option('--state <dir>', 'state folder of the server (default: that of FIRN_URL and FIRN_TOKEN, else ./state)')
export const jsonOption = (shape: string) => new Option('--json', `print ${shape}`)

/** What a script may rely on. */
export const serverHelp = `
Which server: that of --state DIR (its connection.json), else that of FIRN_URL and FIRN_TOKEN, else that of ./state.

Exit status: 0 done, and what was asked about is green or not decided yet; 1 it is red; 2 wrong arguments, refused, no
server, or red for no reason but Firn's (lost agents, a full disk); 130 stopped by Ctrl-C, or nobody reads the output.
`
