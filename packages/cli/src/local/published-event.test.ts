import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { drv } from '@firn/testkit/events'
import { publishedEvent } from './published-event.ts'

test('4.6 what Firn adds to the events is left out, and nothing else', () => {
  const path = ['a', 'b']
  const derivationPath = drv('a')
  const more = { evalMs: 3 }
  const attribute = { expressionPath: path, derivationPath, typ: 'MayFail' as const }
  const effect = { expressionPath: path, derivationPath, secretsToUse: {} }
  const error = { expressionPath: path, errorMessage: 'no', trace: 'at' }
  const message = { index: 0, typ: 'Error' as const, message: 'no' }
  const request = { derivationPath, forceRebuild: false }
  const cases: [extended: EvaluateEvent, published: EvaluateEvent][] = [
    [
      { tag: 'Attribute', contents: { ...attribute, ...more } },
      { tag: 'Attribute', contents: attribute },
    ],
    [
      { tag: 'AttributeEffect', contents: { ...effect, ...more } },
      { tag: 'AttributeEffect', contents: effect },
    ],
    [
      { tag: 'AttributeError', contents: { ...error, ...more } },
      { tag: 'AttributeError', contents: error },
    ],
    [
      { tag: 'Message', contents: { ...message, expressionPath: path } },
      { tag: 'Message', contents: message },
    ],
    [
      { tag: 'BuildRequest', contents: request },
      { tag: 'BuildRequest', contents: request },
    ],
  ]
  for (const [extended, published] of cases) assert.deepEqual(publishedEvent(extended), published)
  const facts = { nixVersion: '2.8.0', forced: [], timeless: true }
  assert.equal(publishedEvent({ tag: 'FirnEvaluationFacts', contents: facts }), undefined)
})
