import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'

/** An event as the published protocol has it (hercules-ci.md 4.6): without what Firn adds; undefined where all of it is Firn's. */
export function publishedEvent(event: EvaluateEvent): EvaluateEvent | undefined {
  switch (event.tag) {
    case 'FirnEvaluationFacts':
      return undefined
    case 'Attribute': {
      const { evalMs: _, ...contents } = event.contents
      return { tag: event.tag, contents }
    }
    case 'AttributeEffect': {
      const { evalMs: _, ...contents } = event.contents
      return { tag: event.tag, contents }
    }
    case 'AttributeError': {
      const { evalMs: _, ...contents } = event.contents
      return { tag: event.tag, contents }
    }
    case 'Message': {
      const { expressionPath: _, ...contents } = event.contents
      return { tag: event.tag, contents }
    }
    default:
      return event
  }
}
