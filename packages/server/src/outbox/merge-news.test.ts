import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Announcement } from './announcement.ts'
import { mergeNews } from './merge-news.ts'

const builds = (accountId: string, jobIds: string[], derivations: string[]): Announcement => ({
  kind: 'builds.changed',
  accountId,
  jobIds,
  derivations,
})
const agents: Announcement = { kind: 'agents.changed', accountId: 'a' }

test('changes of builds that follow each other become one', () => {
  const merged = mergeNews([builds('a', ['1'], ['x']), builds('a', ['1', '2'], ['y'])])
  assert.deepEqual(merged, [builds('a', ['1', '2'], ['x', 'y'])])
})

test('too many to name stays too many to name', () => {
  assert.deepEqual(mergeNews([builds('a', ['1'], []), builds('a', ['1'], ['y'])]), [builds('a', ['1'], [])])
})

test('nothing moves past other news, or to another account', () => {
  const news = [builds('a', ['1'], ['x']), agents, builds('a', ['1'], ['y']), builds('b', ['3'], ['z'])]
  assert.deepEqual(mergeNews(news), news)
})
