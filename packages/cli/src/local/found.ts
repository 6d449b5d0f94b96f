/** What an evaluation has found, out of its events, for those who show it. */
import type { AttributeType, EvaluateEvent, EventContents } from '@firn/contract/agent/evaluate-event'

export type FoundAttribute = {
  path: readonly string[]
  type: AttributeType
  drvPath: string
  /** of an effect: the names of the secrets it asks for */
  secrets: readonly string[]
}

export class Found {
  readonly attributes: FoundAttribute[] = []
  readonly errors: EventContents<'AttributeError'>[] = []
  readonly messages: EventContents<'Message'>[] = []
  readonly onPush: EventContents<'OnPushHandlerEvent'>[] = []
  readonly onSchedule: EventContents<'OnScheduleHandlerEvent'>[] = []
  /** attributes that wait for an import from derivation */
  readonly waiting = new Set<string>()
  /** derivations that evaluation imports from */
  readonly imports = new Set<string>()
  hasConfig = false
  /** what is evaluated has no configuration, but attributes of its own (hercules-ci.md 1.4.8); undefined: not known yet */
  isLegacy: boolean | undefined

  /** Attributes that failed, and messages of type Error (hercules-ci.md 1.9.3). */
  get problems(): number {
    return this.errors.length + this.messages.filter(({ typ }) => typ === 'Error').length
  }

  take(event: EvaluateEvent): void {
    switch (event.tag) {
      case 'Attribute':
      case 'AttributeEffect':
        this.attributes.push(attributeOf(event))
        return
      case 'AttributeError':
        this.errors.push(event.contents)
        return
      case 'Message':
        this.messages.push(event.contents)
        return
      case 'JobConfig':
        this.hasConfig = true
        return
      case 'OnPushHandlerEvent':
        this.onPush.push(event.contents)
        return
      case 'OnScheduleHandlerEvent':
        this.onSchedule.push(event.contents)
        return
      case 'BuildRequired':
        this.imports.add(event.contents.derivationPath)
        return
      case 'AttributeIFD':
        this.#wait(event.contents)
    }
  }

  #wait({ expressionPath, derivationPath, done }: EventContents<'AttributeIFD'>): void {
    const key = JSON.stringify([expressionPath, derivationPath])
    if (done) this.waiting.delete(key)
    else this.waiting.add(key)
  }
}

function attributeOf(event: Extract<EvaluateEvent, { tag: 'Attribute' | 'AttributeEffect' }>): FoundAttribute {
  const { expressionPath: path, derivationPath: drvPath } = event.contents
  if (event.tag === 'Attribute') return { path, type: event.contents.typ, drvPath, secrets: [] }
  const secrets = Object.values(event.contents.secretsToUse).map((secret) =>
    secret.tag === 'SimpleSecret' ? secret.contents.name : 'a Git token',
  )
  return { path, type: 'Effect', drvPath, secrets }
}
