import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fileAddress, fileViewOf } from './file-view.ts'

const rev = '0123456789abcdef0123456789abcdef01234567'
const at = { rev, path: 'lib/a.nix', line: 12 }

/** The address of line 12 of lib/a.nix. */
function linkOf(url: string, template: string | null = null): string | undefined {
  const view = fileViewOf({ url, template })
  return view === null ? undefined : fileAddress(view, at)
}

const github = `https://github.com/o/r/blob/${rev}/lib/a.nix#L12`
const known: Record<string, string> = {
  'https://github.com/o/r': github,
  'https://github.com/o/r.git': github,
  'https://github.com/o/r.git/': github,
  'HTTPS://GitHub.com/o/r.git': github,
  'ssh://git@github.com/o/r.git': github,
  'ssh://git@github.com:22/o/r.git': github,
  'git@github.com:o/r.git': github,
  'github.com:o/r': github,
  'https://ada:s3cret@github.com/o/r.git': github,
  'https://a:b@evil.example@github.com/o/r.git': github,
  'https://gitlab.com/group/sub/r.git': `https://gitlab.com/group/sub/r/-/blob/${rev}/lib/a.nix#L12`,
  'https://gitlab.example.org:8443/o/r': `https://gitlab.example.org:8443/o/r/-/blob/${rev}/lib/a.nix#L12`,
  'ssh://git@gitlab.example.org:2222/o/r.git': `https://gitlab.example.org/o/r/-/blob/${rev}/lib/a.nix#L12`,
  'https://codeberg.org/o/r.git': `https://codeberg.org/o/r/src/commit/${rev}/lib/a.nix#L12`,
  'http://gitea.lan:3000/o/r.git': `http://gitea.lan:3000/o/r/src/commit/${rev}/lib/a.nix#L12`,
  'git@forgejo.example.org:o/r.git': `https://forgejo.example.org/o/r/src/commit/${rev}/lib/a.nix#L12`,
  'https://git.sr.ht/~o/r': `https://git.sr.ht/~o/r/tree/${rev}/item/lib/a.nix#L12`,
  'git@git.sr.ht:~o/r': `https://git.sr.ht/~o/r/tree/${rev}/item/lib/a.nix#L12`,
  'https://bitbucket.org/o/r.git': `https://bitbucket.org/o/r/src/${rev}/lib/a.nix#lines-12`,
  'https://github.com/o/my%20repo': `https://github.com/o/my%20repo/blob/${rev}/lib/a.nix#L12`,
  'https://github.com/o/a%2Fb{rev}': `https://github.com/o/a%2Fb%7Brev%7D/blob/${rev}/lib/a.nix#L12`,
}
for (const [url, link] of Object.entries(known))
  test(`a repository at ${url} is shown at ${link.slice(0, link.indexOf(rev))}…`, () => assert.equal(linkOf(url), link))

const unknown = [
  'https://git.example.org/o/r.git',
  'https://github.com.evil.example/o/r',
  'https://notgithub.com/o/r',
  'https://evil.example/github.com/o/r',
  'https://evil.example\\@github.com/o/r',
  'https://evil.example#@github.com/o/r',
  'https://gitlab/o/r',
  'https://github.com/r',
  'https://github.com/',
  'https://github.com/o/../r',
  'https://github.com/o/%2e%2e/r',
  'https://github.com/o//r',
  'https://github.com/o/%',
  'https://github.com/o/r?x=1',
  'file:///github.com/o/r',
  'javascript://github.com/o/r',
  '',
]
for (const url of unknown)
  test(`nothing is known of where ${url || 'nothing'} is shown`, () => assert.equal(linkOf(url), undefined))

const template = 'https://git.example.org/x/{owner}/{name}/{path}?h={rev}#n{line}'
test('a template has its say before what is known of the host, with what the address names', () => {
  const link = `https://git.example.org/x/o/r/lib/a.nix?h=${rev}#n12`
  for (const url of ['https://git.example.org/o/r.git', 'ssh://git@other/o/r', 'https://github.com/o/r'])
    assert.equal(linkOf(url, template), link)
  assert.equal(linkOf('ssh://git@host/a/b/c.git', template), link.replace('/o/r/', '/a/b/c/'))
  assert.equal(linkOf('https://h/o/{path}', template), link.replace('/o/r/', '/o/%7Bpath%7D/'))
  assert.equal(linkOf('https://h/r.git', 'http://h/{name}/{path}'), 'http://h/r/lib/a.nix')
})

test('a template that asks for what the address has not, and one that is no http address, give no link', () => {
  assert.equal(linkOf('https://h/r.git', template), undefined)
  for (const bad of ['javascript:alert(1)//{path}', 'data:text/html,{path}', '//evil/{path}', '/{path}', ''])
    assert.equal(linkOf('https://github.com/o/r', bad), undefined)
})

const paths: Record<string, string | undefined> = {
  'a b/ü.nix': 'a%20b/%C3%BC.nix',
  '%2e%2e/x': '%252e%252e/x',
  'a\nb"\'<>': "a%0Ab%22'%3C%3E",
  'a?b#c&d=e': 'a%3Fb%23c%26d%3De',
  '{line}': '%7Bline%7D',
  '$&$1': '%24%26%241',
  '-x': '-x',
  'javascript:alert(1)': 'javascript%3Aalert(1)',
  'a\\b': 'a%5Cb',
  '../x': undefined,
  'a/./b': undefined,
  'a//b': undefined,
  '/etc/passwd': undefined,
  '': undefined,
  '\ud800': undefined,
}
for (const [path, encoded] of Object.entries(paths))
  test(`the path ${JSON.stringify(path)} ${encoded === undefined ? 'leads nowhere' : 'is encoded'}`, () => {
    const link = fileAddress('https://h/{rev}/{path}#L{line}', { rev, path, line: 3 })
    assert.equal(link, encoded === undefined ? undefined : `https://h/${rev}/${encoded}#L3`)
  })

test('whatever repository and path are called, a link is http(s), at the host, and holds no login', () => {
  const host = fc.constantFrom('github.com', 'gitlab.a.b', 'gitea.x:3000')
  const scheme = fc.constantFrom('https://', 'http://', 'ssh://', 'https://user:s3cret@')
  const text = fc.string({ unit: 'grapheme' })
  fc.assert(
    fc.property(scheme, host, text, text, (before, name, repository, path) => {
      const view = fileViewOf({ url: `${before}${name}/owner/${repository}`, template: null })
      const link = view === null ? undefined : fileAddress(view, { ...at, path })
      if (link === undefined) return
      const url = new URL(link)
      assert.match(url.protocol, /^https?:$/)
      assert.equal(url.hostname, name.split(':')[0])
      assert.equal(`${url.username}${url.password}`, '')
      assert.ok(url.pathname.startsWith('/owner/'))
    }),
  )
})
