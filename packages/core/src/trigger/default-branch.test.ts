import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseDefaultBranch } from './default-branch.ts'

const heads = (...names: string[]) => names.map((name) => `refs/heads/${name}`)

const rows: [what: string, current: string | null, head: string, refs: string[], expected: string | null][] = [
  ['it stays while it exists', 'dev', 'main', heads('dev', 'main'), 'dev'],
  ['deleted: HEAD', 'dev', 'trunk', heads('main', 'trunk'), 'trunk'],
  ['first push: HEAD', null, 'trunk', heads('main', 'trunk'), 'trunk'],
  ['HEAD does not exist: main', null, 'trunk', heads('a', 'master', 'main'), 'main'],
  ['no main: master', null, 'trunk', heads('a', 'master'), 'master'],
  ['neither: the first by name', null, 'trunk', heads('b', 'a/z', 'c'), 'a/z'],
  ['tags are no branches', null, 'main', ['refs/tags/main', 'refs/heads/x'], 'x'],
  ['only tags, before the first push of a branch', null, 'main', ['refs/tags/v1'], null],
  ['the last branch is deleted', 'dev', 'main', [], 'dev'],
]

for (const [what, current, head, refs, expected] of rows)
  test(`default branch: ${what}`, () => {
    const before = [...refs]
    assert.equal(chooseDefaultBranch(current, head, refs), expected)
    assert.deepEqual(refs, before)
  })
