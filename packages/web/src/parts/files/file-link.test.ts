import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeProject } from '../../../fake/make.ts'
import { linkToFile } from './file-link.ts'

const rev = '0123456789abcdef0123456789abcdef01234567'

test('a line is shown by the host where its file view is known, else by Firn', () => {
  const place = { file: 'lib/a b.nix', line: 12 }
  assert.deepEqual(linkToFile({ project: makeProject('hello'), rev }, place), {
    to: `/local/local/hello/commits/${rev}/files/lib/a%20b.nix#L12`,
    isElsewhere: false,
  })
  const project = makeProject('hello', { fileView: 'https://h.example/x/{path}?h={rev}#n{line}' })
  assert.deepEqual(linkToFile({ project, rev }, place), {
    to: `https://h.example/x/lib/a%20b.nix?h=${rev}#n12`,
    isElsewhere: true,
  })
})

test('what leads nowhere in the repository has no link', () => {
  for (const fileView of [null, 'https://h.example/{path}'])
    for (const file of ['../x', '/etc/passwd', 'a/../b', ''])
      assert.equal(linkToFile({ project: makeProject('hello', { fileView }), rev }, { file, line: 1 }), undefined)
})
