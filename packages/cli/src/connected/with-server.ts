/** What every command that asks a server has in common: which server, whom to print for, what its errors say. */
import { ORPCError } from '@orpc/client'
import { type Client, connectApi } from '../client.ts'
import { stopSignal } from '../stop-signal.ts'
import { openPrinter, type Printer } from '../watch/printer.ts'
import type { World } from '../world.ts'
import { type ChosenConnection, chooseConnection } from './choose-connection.ts'

export type ServerOptions = {
  /** a state folder whose server is meant */
  state?: string | undefined
  json?: true | undefined
}

/** A server that can be asked, and whoever asks. */
export type Connected = {
  client: Client
  url: string
  printer: Printer
  /** Aborted by Ctrl-C and when nobody reads the output any more; ends every request. */
  signal: AbortSignal
  isJson: boolean
  /** To standard output, as it is. */
  write: (text: string) => void
  /** Prints an object of the API, as one document. */
  document: (value: unknown) => void
  /** Prints an object of the API, as one line. */
  event: (value: unknown) => void
  /** Says something that is not the answer: it must not be in a file that the answer is sent to. */
  aside: (sentence: string) => void
}

/** The exit statuses of these commands; `firn help` and the README explain them. */
export const exitStatus = { green: 0, red: 1, broken: 2, stopped: 130 } as const

/**
 * Runs a command against a server.
 * @returns the command's exit status; 130 when it was stopped
 * @throws with a sentence for the user where the server is not there or refuses
 */
export async function withServer(
  { state, json }: ServerOptions,
  world: World,
  command: (server: Connected) => Promise<number>,
): Promise<number> {
  const connection = await chooseConnection(world.env, state)
  const signal = stopSignal(world)
  const printer = openPrinter(world)
  const server: Connected = {
    client: connectApi(connection, signal),
    url: connection.url,
    printer,
    signal,
    isJson: json === true,
    write: (text) => world.stdout.write(text),
    document: (value) => world.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    event: (value) => world.stdout.write(`${JSON.stringify(value)}\n`),
    aside: (sentence) => {
      printer.status([])
      world.stderr.write(`${sentence}\n`)
    },
  }
  try {
    return await command(server)
  } catch (error) {
    if (signal.aborted) return exitStatus.stopped
    throw new Error(sentenceOf(error, connection), { cause: error })
  } finally {
    printer.status([])
  }
}

/** Whether the server cannot be reached, or says that it cannot answer just now. */
export function isAway(error: unknown): boolean {
  // What `fetch` throws when a connection is refused or breaks.
  if (error instanceof TypeError) return ['fetch failed', 'terminated', 'network error'].includes(error.message)
  return error instanceof ORPCError && [502, 503, 504].includes(error.status)
}

export function awaySentence(url: string): string {
  return `Firn does not answer at ${url}.`
}

function sentenceOf(error: unknown, { url, tokenFrom }: ChosenConnection): string {
  if (error instanceof ORPCError) {
    if (error.status === 401) return `${error.message} The token is that of ${tokenFrom}.`
    if (error.status === 503 && isSentence(error.message)) return `Firn at ${url}: ${error.message}`
    if (!isAway(error)) return error.message
  }
  if (isAway(error)) return `${awaySentence(url)} Is it running? ./up starts one; --state names the folder of another.`
  return error instanceof Error ? error.message : String(error)
}

/** Said by Firn itself, and not by what stands in front of it. */
const isSentence = (message: string) => /\.$/.test(message)
