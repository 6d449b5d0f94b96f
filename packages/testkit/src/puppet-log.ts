/** A log that a test writes line by line, on the log socket of a task of the puppet agent. */
import { randomUUID } from 'node:crypto'
import type { LogEntry } from '@firn/contract/agent/log'
import type { Installation } from './installation.ts'
import { type AgentLine, logMessage, type Puppet } from './puppet-agent.ts'
import { openRepository } from './repository.ts'

export type LogWriter = AsyncDisposable & {
  id: string
  /** Of the log's socket. */
  token: string
  /** Lines of a builder; resolves when the server has acknowledged them. */
  write(texts: readonly string[]): Promise<void>
  phase(name: string): Promise<void>
  end(): Promise<void>
}

type Needs = { firn: Pick<Installation, 'remote'>; puppet: Puppet; agent: AgentLine }

/** The log of the evaluation of a new push. */
export async function openLogWriter({ firn, puppet, agent }: Needs): Promise<LogWriter & { project: string }> {
  await using repository = await openRepository()
  await repository.commit({ 'ci.nix': '{ }' })
  const project = `p${randomUUID().slice(0, 8)}`
  await repository.push(firn.remote(project))
  const { payload } = await agent.task()
  if (payload.tag !== 'StartEvaluation') throw new Error(`unexpected ${payload.tag}`)
  return { ...(await writeLog(puppet, payload.contents)), project }
}

/** The log of a task that the puppet was given. */
export async function writeLog(puppet: Puppet, task: { id: string; logToken: string }): Promise<LogWriter> {
  const line = await puppet.openLog(task.logToken)
  const begun = performance.now()
  let n = 0
  let i = 0
  const ms = () => Math.floor(performance.now() - begun)
  await line.next()
  line.say({ tag: 'Oob', o: { tag: 'Hello', contents: { storeProtocolVersion: 34, clientProtocolVersion: 34 } } })
  const acknowledged = async (wanted: number) => {
    for (;;) {
      const frame = await line.next()
      if (frame.tag === 'Ack' && frame.n >= wanted) return
    }
  }
  const say = async (contents: LogEntry[]) => {
    line.say(logMessage(n, { tag: 'LogEntries', contents }))
    await acknowledged(n++)
  }
  const result = (rtype: number, text: string): LogEntry => ({
    tag: 'Result',
    i: i++,
    ms: ms(),
    act: 1,
    rtype,
    fields: [text],
  })
  return {
    id: task.id,
    token: task.logToken,
    write: (texts) => say(texts.map((text) => result(101, text))),
    phase: (name) => say([result(104, name)]),
    async end() {
      line.say(logMessage(n, { tag: 'End', i, ms: ms() }))
      await acknowledged(n++)
    },
    async [Symbol.asyncDispose]() {
      line.drop()
    },
  }
}
