/** One evaluator's conversation with the store, through the proxy. */
import { existsSync } from 'node:fs'
import type { Socket } from 'node:net'
import { isStorePath } from '../store-path.ts'
import { StoreError, StoreLost } from './errors.ts'
import { workMarks } from './events.ts'
import { greetClient } from './handshake.ts'
import { Incoming } from './incoming.ts'
import { type Request, readRequest, requestLimits } from './proxy-requests.ts'
import type { ProxyUpstream } from './proxy-upstream.ts'
import { parseWanted, type RefusedBuild, refusalText } from './refusal.ts'
import { textObject, textObjectAnswer } from './text-object.ts'
import { Encoder } from './wire.ts'
import type { WriteLedger } from './write-ledger.ts'

export type SessionOptions = {
  nonce: string
  ledger: WriteLedger
  /** more is written than may be: the connection ends */
  onTooMuch: () => void
  onRefusedBuild: (build: RefusedBuild) => void
}

const done = new Encoder().number(workMarks.last).bytes()
const doneOne = new Encoder().number(workMarks.last).number(1).bytes()
const doneZero = new Encoder().number(workMarks.last).number(0).bytes()

export class ProxySession {
  readonly #client: Socket
  readonly #incoming: Incoming
  readonly #upstream: ProxyUpstream
  readonly #options: SessionOptions
  /** texts that were sent on; programs add the same builder script again and again */
  readonly #added = new Set<string>()
  /** answered, and not sent on yet; see `#holdTempRoot` */
  #heldRoot: { path: string; raw: Buffer } | undefined

  constructor(client: Socket, upstream: ProxyUpstream, options: SessionOptions) {
    this.#client = client
    this.#incoming = new Incoming(client, requestLimits)
    this.#upstream = upstream
    this.#options = options
    client.on('drain', () => upstream.resumeAnswers())
    upstream.onLost(() => client.destroy())
  }

  /** Serves until the client leaves or breaks the protocol; what it wrote is in the store then. */
  async serve(): Promise<void> {
    try {
      await greetClient(
        { incoming: this.#incoming, write: (bytes) => void this.#client.write(bytes) },
        this.#upstream.daemonVersion,
      )
      for (;;) {
        const pending = this.#answer(
          this.#incoming.tryDecode(readRequest) ?? (await this.#incoming.decode(readRequest)),
        )
        if (pending) await pending
      }
    } catch (error) {
      if (!(error instanceof StoreLost)) throw error
    } finally {
      await this.#upstream.idle()
      this.#client.destroy()
    }
  }

  /** What is frequent is answered at once, without a promise. */
  #answer(request: Request): Promise<void> | undefined {
    const { failure } = this.#options.ledger
    if (failure !== undefined) throw new StoreLost(failure)
    if (this.#heldRoot && !this.#concernsHeldRoot(request)) this.#sendHeldRoot()
    switch (request.kind) {
      case 'options':
        this.#client.write(done) // settings of the evaluator never reach the daemon
        return undefined
      case 'pass':
        return this.#pass(request.raw, request.framed)
      case 'valid':
        return this.#answerValid(request.path, request.raw)
      case 'temp-root':
        return this.#holdTempRoot(request)
      case 'ensure':
        return this.#ensure(request.path, request.raw)
      case 'build':
        return this.#build(request)
      case 'build-derivation':
        return this.#refuseBuilds([{ drvPath: request.drvPath, outputs: ['out'] }])
      case 'add-text':
        return this.#addText(request)
      case 'add':
        return request.repair ? this.#refuseFramed('evaluation may not repair paths') : this.#pass(request.raw, true)
      case 'add-nar':
        if (request.contentAddressed) return this.#pass(request.raw, true)
        return this.#refuseFramed('evaluation may add content-addressed paths only')
      case 'refuse': {
        const reason = `${request.operation} is not allowed during evaluation`
        return request.framed ? this.#refuseFramed(reason) : this.#refuse(reason)
      }
    }
  }

  async #pass(raw: Buffer, framed: boolean): Promise<void> {
    await this.#upstream.idle()
    this.#upstream.passAnswers((chunk) => this.#client.write(chunk))
    await this.#upstream.send(raw)
    if (!framed) return
    await this.#eachFrame((chunk) => {
      this.#admit(chunk.length)
      return this.#upstream.send(chunk)
    })
  }

  #admit(bytes: number): void {
    if (this.#options.ledger.admit(bytes)) return
    this.#options.onTooMuch()
    throw new StoreLost('more is written than may be')
  }

  /** Most are asked for .drv files that are about to be written: what has no file in the store is not valid. */
  #answerValid(path: string, raw: Buffer): Promise<void> | undefined {
    const state = this.#options.ledger.stateOf(path)
    if (state === 'pending') return this.#answerPending()
    if (state === 'unknown' && (!isStorePath(path) || existsSync(path))) {
      this.#sendHeldRoot()
      return this.#pass(raw, false)
    }
    if (state === 'written') this.#sendHeldRoot()
    this.#client.write(state === 'written' ? doneOne : doneZero)
    return undefined
  }

  /** What is asked for may be read as a file next. */
  async #answerPending(): Promise<void> {
    this.#sendHeldRoot()
    await this.#upstream.idle()
    await this.#options.ledger.flushed()
    this.#client.write(doneOne)
  }

  /**
   * Newer evaluators protect a path, ask whether it is valid, and then add it. Adding protects it anyway, so that what
   * is followed by the addition of the same path need not be sent.
   */
  #holdTempRoot(root: { path: string; raw: Buffer }): undefined {
    this.#client.write(doneOne)
    this.#heldRoot = root
    return undefined
  }

  #concernsHeldRoot(request: Request): boolean {
    const path = this.#heldRoot?.path
    return (request.kind === 'valid' && request.path === path) || request.kind === 'add-text'
  }

  #sendHeldRoot(): void {
    const root = this.#heldRoot
    this.#heldRoot = undefined
    if (root === undefined) return
    const settle = this.#options.ledger.accept('')
    void this.#upstream.writeBehind(root.raw, { bytes: root.raw.length, settle, readAnswer: (d) => d.number() })
  }

  async #ensure(path: string, raw: Buffer): Promise<void> {
    await this.#upstream.idle()
    if (await this.#upstream.isValidPath(path)) return await this.#pass(raw, false)
    this.#refuse(`${path} is not in the store, and evaluation fetches nothing by itself`)
  }

  #addText(request: Request & { kind: 'add-text' }): Promise<void> | undefined {
    const object = textObject(request.name, request.text, request.references)
    const isKnown = this.#added.has(object.path)
    if (!isKnown) this.#admit(request.text.length)
    if (this.#heldRoot?.path === object.path) this.#heldRoot = undefined
    else this.#sendHeldRoot()
    this.#client.write(Buffer.concat([done, textObjectAnswer(object)]))
    if (isKnown) return undefined
    this.#added.add(object.path)
    const settle = this.#options.ledger.accept(object.path, object.references)
    return this.#upstream.writeBehind(request.raw, { bytes: request.raw.length, settle, readAnswer: readAdded })
  }

  async #refuseFramed(reason: string): Promise<void> {
    await this.#eachFrame(() => {})
    this.#refuse(reason)
  }

  /** The frames of a stream, each a length and its bytes; a length of 0 ends it. All of it goes to `take`, lengths too. */
  async #eachFrame(take: (chunk: Buffer) => void | Promise<void>): Promise<void> {
    for (;;) {
      let left = await this.#incoming.decode((d) => d.number())
      await take(new Encoder().number(left).bytes())
      if (left === 0) return
      while (left > 0) {
        const chunk = await this.#incoming.take(left)
        left -= chunk.length
        await take(chunk)
      }
    }
  }

  async #build(request: Request & { kind: 'build' }): Promise<void> {
    await this.#upstream.idle()
    if (request.mode !== 0) return this.#refuse('evaluation may not rebuild or repair')
    const missing: RefusedBuild[] = []
    try {
      for (const wanted of request.wanted) {
        const reason = await this.#check(wanted, missing)
        if (reason !== undefined) return this.#refuse(reason)
      }
    } catch (error) {
      if (error instanceof StoreError) return this.#refuse(error.message)
      throw error
    }
    if (missing.length > 0) this.#refuseBuilds(missing)
    else await this.#pass(request.raw, false)
  }

  /** Adds to `missing` what would have to be built; gives the reason when something is neither there nor can be built. */
  async #check(text: string, missing: RefusedBuild[]): Promise<string | undefined> {
    const wanted = parseWanted(text)
    if (wanted === undefined) {
      return (await this.#upstream.isValidPath(text))
        ? undefined
        : `${text} is not in the store, and evaluation fetches nothing by itself`
    }
    const absent: string[] = []
    for (const [name, path] of await this.#upstream.outputMap(wanted.drvPath)) {
      if (wanted.outputs !== '*' && !wanted.outputs.includes(name)) continue
      if (path === '' || !(await this.#upstream.isValidPath(path))) absent.push(name)
    }
    if (absent.length > 0) missing.push({ drvPath: wanted.drvPath, outputs: absent })
    return undefined
  }

  #refuseBuilds(builds: RefusedBuild[]): undefined {
    for (const build of builds) this.#options.onRefusedBuild(build)
    return this.#refuse(refusalText(this.#options.nonce, builds))
  }

  /** An error as the daemon would send it; the connection lives on. */
  #refuse(reason: string): undefined {
    const error = new Encoder()
      .number(workMarks.error)
      .string('Error')
      .number(0)
      .string('Error')
      .string(reason)
      .number(0)
      .number(0)
    this.#client.write(error.bytes())
    return undefined
  }
}

/** The answer to AddToStore: path, deriver, hash, references, time, size, ultimate, signatures, address. */
function readAdded(d: Parameters<typeof readRequest>[0]): true {
  for (let fields = 3; fields > 0; fields--) d.skipString()
  for (let left = d.count(); left > 0; left--) d.skipString()
  for (let fields = 3; fields > 0; fields--) d.looseNumber()
  for (let left = d.count(); left > 0; left--) d.skipString()
  d.skipString()
  return true
}
