import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RemoteUrl } from './repository.ts'

test('an address of a repository names a host, and nothing that a shell would read', () => {
  for (const url of [
    'https://git.example/a.git',
    'http://127.0.0.1:3000/a',
    'ssh://git@host-1.example/~/a',
    'ssh://[::1]/a',
  ])
    assert.equal(RemoteUrl.parse(url), url)
  for (const host of ["a';touch$IFS;'", 'a$(id)', '-oProxyCommand=id', 'a`id`', 'a"b', 'a&b', ''])
    assert.match(
      RemoteUrl.safeParse(`ssh://${host}/a`).error?.issues[0]?.message ?? 'taken',
      /must name a host|must be an/,
      host,
    )
})
