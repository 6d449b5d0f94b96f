import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { drv } from '@firn/testkit/events'
import { publishedEvent } from './published-event.ts'

test('4.6 what Firn adds to the events is left out, and nothing else', () => {
  const path = ['a', 'b']
  const derivationPath = drv('a')
  const published: EvaluateEvent[] = [
    { tag: 'Attribute', contents: { expressionPath: path, derivationPath, typ: 'MayFail' } },
    { tag: 'AttributeEffect', contents: { expressionPath: path, derivationPath, secretsToUse: {} } },
    { tag: 'AttributeError', contents: { expressionPath: path, errorMessage: 'no', trace: 'at' } },
    { tag: 'Message', contents: { index: 0, typ: 'Error', message: 'no' } },
    { tag: 'BuildRequest', contents: { derivationPath, forceRebuild: false } },
  ]
  for (const event of published) {
    const firns = { ...event, contents: { ...event.contents, evalMs: 3, expressionPath: path } }
    const isMessage = event.tag === 'Message' || event.tag !== 'BuildRequest'
    assert.deepEqual(isMessage ? publishedEvent(EvaluateEvent.parse(firns)) : publishedEvent(event), event)
  }
  const facts = { nixVersion: '2.8.0', forced: [], timeless: true }
  assert.equal(publishedEvent({ tag: 'FirnEvaluationFacts', contents: facts }), undefined)
})
