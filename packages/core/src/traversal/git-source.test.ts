import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeSource } from './git-source.ts'

const rev = '0123456789abcdef0123456789abcdef01234567'

test('1.3.4, 10.2 branch, tag and short revision', () => {
  const branch = describeSource({ ref: 'refs/heads/feat/x', rev })
  assert.deepEqual([branch.branch, branch.tag, branch.shortRev], ['feat/x', null, '0123456'])
  const tag = describeSource({ ref: 'refs/tags/v1', rev })
  assert.deepEqual([tag.branch, tag.tag], [null, 'v1'])
  const other = describeSource({ ref: 'refs/pull/7/head', rev })
  assert.deepEqual([other.branch, other.tag], [null, null])
})

test('1.3.3, 1.3.5 what is unknown or empty is null', () => {
  assert.deepEqual(
    describeSource({ ref: 'refs/heads/main', rev, httpURL: '', sshURL: '', webURL: null, name: 'site' }),
    {
      ref: 'refs/heads/main',
      rev,
      shortRev: '0123456',
      branch: 'main',
      tag: null,
      remoteHttpUrl: null,
      remoteSshUrl: null,
      webUrl: null,
      forgeType: null,
      owner: null,
      name: 'site',
    },
  )
})
