/** The beginning of a conversation, from either side. Authority: Nix's worker protocol, version 1.34. */
import { StoreLost } from './errors.ts'
import { readWorkMessage, type StoreEvent, workMarks } from './events.ts'
import type { Incoming } from './incoming.ts'
import { clientMagic, daemonMagic, spokenVersion, versionNumber, versionOf } from './protocol.ts'
import { Encoder } from './wire.ts'

export type Greeting = {
  offered: { major: number; minor: number }
  daemonVersion: string
  /** what the daemon remarks on our settings */
  remarks: string[]
}

type Ends = { incoming: Incoming; write: (bytes: Buffer) => void }

/** As the client: our version whatever the daemon offers, then our settings. Rejects with `StoreLost`. */
export async function greetDaemon({ incoming, write }: Ends, setOptions: Buffer): Promise<Greeting> {
  write(new Encoder().number(clientMagic).bytes())
  if ((await incoming.decode((d) => d.number())) !== daemonMagic) throw new StoreLost('this is not a Nix daemon')
  const offered = versionOf(await incoming.decode((d) => d.number()))
  if (offered.major !== spokenVersion.major || offered.minor < spokenVersion.minor) {
    throw new StoreLost(`the daemon's protocol ${offered.major}.${offered.minor} is older than Nix 2.8's (1.34)`)
  }
  // our version, no CPU affinity, no reserved space
  write(new Encoder().number(versionNumber(spokenVersion)).number(0).number(0).bytes())
  const daemonVersion = await incoming.decode((d) => d.string())
  await workDone(incoming)
  write(setOptions)
  const remarks: string[] = []
  await workDone(incoming, (event) => {
    if (event.kind === 'message') remarks.push(event.text)
  })
  return { offered, daemonVersion, remarks }
}

/** Reads on until the daemon has done an operation; throws what it failed with. */
export async function workDone(incoming: Incoming, on?: (event: StoreEvent) => void | Promise<void>): Promise<void> {
  for (;;) {
    const message = incoming.tryDecode(readWorkMessage) ?? (await incoming.decode(readWorkMessage))
    if (message.kind === 'done') return
    if (message.kind === 'error') throw message.error
    if (message.kind === 'wants-input') throw new StoreLost('the daemon asks for input that was not announced')
    const pending = on?.(message.event)
    if (pending) await pending
  }
}

/** As the daemon: offers the one version we speak, so that every client falls back to it. */
export async function greetClient({ incoming, write }: Ends, daemonVersion: string): Promise<void> {
  if ((await incoming.decode((d) => d.number())) !== clientMagic) throw new StoreLost('this is not a Nix client')
  write(new Encoder().number(daemonMagic).number(versionNumber(spokenVersion)).bytes())
  const version = versionOf(await incoming.decode((d) => d.number()))
  if (version.major !== spokenVersion.major || version.minor < spokenVersion.minor) {
    throw new StoreLost(`a client of protocol ${version.major}.${version.minor}; 1.34 is the oldest that is served`)
  }
  const affinity = await incoming.decode((d) => d.number())
  if (affinity !== 0) await incoming.decode((d) => d.number())
  await incoming.decode((d) => d.number())
  write(new Encoder().string(daemonVersion).number(workMarks.last).bytes())
}
