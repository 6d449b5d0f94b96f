import assert from 'node:assert/strict'
import { test } from 'node:test'
import { overHttps, submoduleUrl } from './submodule-url.ts'

const repository = 'https://git.example/owner/top.git'

for (const [text, url, spellings] of [
  ['https://other.example/lib.git', 'https://other.example/lib.git'],
  ['../lib.git', 'https://git.example/owner/lib.git'],
  ['./lib.git', 'https://git.example/owner/top.git/lib.git'],
  ['../../other/lib', 'https://git.example/other/lib'],
  ['../.././other/lib', 'https://git.example/other/lib'],
  [
    'git@git.example:owner/lib.git',
    'https://git.example/owner/lib.git',
    ['git@git.example:owner/lib.git', 'ssh://git@git.example/owner/lib.git'],
  ],
  ['ssh://git@git.example:2222/owner/lib.git', 'https://git.example/owner/lib.git'],
] as const)
  test(`a submodule at ${text} is fetched from ${url}`, () => {
    const found = submoduleUrl(repository, text)
    assert.ok(found.ok, JSON.stringify(found))
    assert.equal(found.url, url)
    assert.deepEqual(found.spellings, spellings ?? [text.startsWith('.') ? url : text])
  })

test('a repository that is known by its ssh address has an https address too', () => {
  for (const address of ['git@git.example:owner/top.git', 'ssh://git@git.example:22/owner/top.git', repository])
    assert.equal(overHttps(address), repository)
})

test('a server that speaks http has its own submodules, and no others', () => {
  const plain = 'http://ci.local:8080/local/top.git'
  assert.deepEqual(submoduleUrl(plain, '../lib.git'), {
    ok: true,
    url: 'http://ci.local:8080/local/lib.git',
    spellings: ['http://ci.local:8080/local/lib.git'],
  })
  for (const text of ['http://ci.local/lib.git', 'http://127.0.0.1:8080/lib.git'])
    assert.match(JSON.stringify(submoduleUrl(plain, text)), /neither https nor on the server of this repository/)
})

for (const text of [
  'file:///etc',
  '/etc',
  'ext::sh -c true',
  'git://git.example/lib.git',
  '../../../lib.git',
  'https://h/a\nb',
  '--upload-pack=true',
  '',
])
  test(`a submodule at ${JSON.stringify(text)} is refused`, () => {
    const found = submoduleUrl(repository, text)
    assert.ok(!found.ok, JSON.stringify(found))
  })
