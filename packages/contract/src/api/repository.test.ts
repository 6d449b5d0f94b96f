import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RemoteUrl, RepositoryChanges } from './repository.ts'

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

test('a template of file links is an http(s) address of one host with {path} and known placeholders', () => {
  for (const fileTemplate of [
    'https://git.example.org/{owner}/{name}/blob/{rev}/{path}#L{line}',
    'http://cgit.lan:8080/{name}/tree/{path}?id={rev}#n{line}',
    null,
  ])
    assert.deepEqual(RepositoryChanges.parse({ fileTemplate }), { fileTemplate })
  const refused: [string, RegExp][] = [
    ['', /must be an http/],
    ['git.example.org/{path}', /must be an http/],
    ['javascript:alert(1)//{path}', /must be an http/],
    ['data:text/html,{path}', /must be an http/],
    ['ssh://git.example.org/{path}', /must be an http/],
    ['https:/git.example.org/{path}', /must be an http/],
    ['https://{owner}.example.org/{path}', /must name a host/],
    ['https://{name}/{path}', /must name a host/],
    ['https://ada:secret@git.example.org/{path}', /must not hold a login/],
    ['https://git.example.org/{path} #L', /blanks/],
    ['https://git.example.org\\{path}', /backslashes/],
    ['https://git.example.org/{branch}/{path}', /has \{branch\}, which nothing is known of: there are \{owner\}/],
    ['https://git.example.org/{{path}}', /brace/],
    ['https://git.example.org/{path}/{rev', /brace/],
    ['https://git.example.org/{name}/{rev}', /must hold \{path\}/],
  ]
  for (const [fileTemplate, sentence] of refused)
    assert.match(
      RepositoryChanges.safeParse({ fileTemplate }).error?.issues[0]?.message ?? 'taken',
      sentence,
      fileTemplate,
    )
})
