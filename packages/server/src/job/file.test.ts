import assert from 'node:assert/strict'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { FolderEntry } from '@firn/contract/api/file'
import { type GitHost, hostLogin, startGitHost } from '@firn/testkit/git-host'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { openRepository, type TestRepository } from '@firn/testkit/repository'
import { until } from '@firn/testkit/wait'

const hugeBytes = 50 * 1024 * 1024
const imageBytes = [0x89, 0x50, 0, 1]
const otherRev = '0123456789abcdef0123456789abcdef01234567'
const latin1 = Buffer.from('caf\xe9.nix', 'latin1')
const oddNames = [
  '-rf',
  '--help',
  ':(glob)**',
  '%2e%2e',
  '*',
  'a\nb',
  '"quoted"',
  "it's",
  'tab\there',
  'back\\slash',
  'ü',
  ' ',
  '...',
]

let firn: Installation
let host: GitHost
let repository: TestRepository
let rev: string
let id: string

before(async () => {
  host = await startGitHost()
  firn = await startInstallation({ env: { FIRN_PRIVATE_FORGES: 'true' } })
  repository = await openRepository()
  rev = await commitAll(repository)
  await repository.push(firn.remote('files'))
  id = (await firn.client.projects.bySite({ site: 'local', account: 'local', project: 'files' })).id
})
after(async () => {
  await repository[Symbol.asyncDispose]()
  await firn[Symbol.asyncDispose]()
  await host[Symbol.asyncDispose]()
})

/** A commit with all that a repository may hold. */
async function commitAll({ folder, git, commit }: TestRepository): Promise<string> {
  await writeFile(join(folder, 'huge'), Buffer.alloc(hugeBytes, 'a line\n'))
  await writeFile(join(folder, 'image'), Buffer.from(imageBytes))
  await writeFile(join(folder, 'latin1'), latin1)
  await writeFile(Buffer.concat([Buffer.from(`${folder}/`), latin1]), 'bytes')
  await writeFile(join(folder, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 })
  await symlink('/etc/passwd', join(folder, 'passwd'))
  await symlink('lib', join(folder, 'inside'))
  // Without its folder Git would take the submodule for a removed one.
  await mkdir(join(folder, 'vendor'))
  await git('update-index', '--add', '--cacheinfo', `160000,${otherRev},vendor`)
  const odd = Object.fromEntries(oddNames.map((name) => [`odd/${name}`, `this is ${name}`]))
  return commit({ 'lib/deep/a.nix': '<script>alert(1)</script>\n{ }\n', ...odd })
}

const at = (path: string) => firn.client.firn.file({ id, rev, path })
const raw = (path: string, init: RequestInit = {}) =>
  fetch(`${firn.url}/api/v1/firn/projects/${id}/commits/${rev}/file/raw?path=${encodeURIComponent(path)}`, init)
const refused = (path: string, why: RegExp) => assert.rejects(at(path), why)

async function entriesOf(path: string): Promise<FolderEntry[]> {
  const shown = await at(path)
  return shown.kind === 'folder' ? shown.entries : assert.fail(shown.kind)
}

test('a folder is listed with what each name is', async () => {
  const entries = await entriesOf('')
  const kinds = Object.fromEntries(entries.map(({ name, kind, bytes }) => [name, [kind, bytes]]))
  assert.deepEqual(kinds, {
    'caf\ufffd.nix': ['file', 5],
    huge: ['file', hugeBytes],
    image: ['file', 4],
    inside: ['symlink', 3],
    latin1: ['file', 8],
    lib: ['folder', null],
    odd: ['folder', null],
    passwd: ['symlink', 11],
    'run.sh': ['file', 10],
    vendor: ['submodule', null],
  })
  assert.deepEqual(await entriesOf('lib/deep'), [{ name: 'a.nix', kind: 'file', bytes: 30 }])
})

test('a file is its text, whatever that would be elsewhere', async () => {
  const text = '<script>alert(1)</script>\n{ }\n'
  const plain = { kind: 'file', isExecutable: false, withheld: null }
  assert.deepEqual(await at('lib/deep/a.nix'), { ...plain, bytes: 30, text })
  assert.deepEqual(await at('run.sh'), { ...plain, isExecutable: true, bytes: 10, text: '#!/bin/sh\n' })
  assert.deepEqual(await at('latin1'), { ...plain, bytes: 8, text: 'caf\ufffd.nix' })
})

test('hostile names are names: nothing is read as an option, a pattern or a way out', async () => {
  assert.deepEqual((await entriesOf('odd')).map((entry) => entry.name).sort(), oddNames.toSorted())
  for (const name of oddNames) {
    const file = await at(`odd/${name}`)
    assert.equal(file.kind === 'file' && file.text, `this is ${name}`)
    assert.equal(await (await raw(`odd/${name}`)).text(), `this is ${name}`)
  }
  const file = await at('caf\ufffd.nix')
  assert.equal(file.kind === 'file' && file.text, 'bytes', 'a name that is no UTF-8 is found as it is shown')
})

test('a path that leads out, and a revision that is none, are refused with a sentence', async () => {
  for (const path of ['..', '../x', 'lib/../../x', '/etc/passwd', 'lib/', 'lib//deep', './lib', 'a\0b'])
    for (const answer of [
      await raw(path),
      await fetch(`${firn.url}/api/v1/firn/projects/${id}/commits/${rev}/file?path=${encodeURIComponent(path)}`),
    ]) {
      assert.equal(answer.status, 400, path)
      const { errorTags, message } = (await answer.json()) as { errorTags: string[]; message: string }
      assert.deepEqual(errorTags, ['BAD_REQUEST'])
      assert.ok(message.length > 10)
    }
  const tree = (await repository.git('rev-parse', `${rev}^{tree}`)).trim()
  await repository.git('tag', '-a', 'v1', '-m', 'one')
  await repository.push(firn.remote('files'), 'v1')
  const tag = (await repository.git('rev-parse', 'v1')).trim()
  for (const [no, status] of [
    ['main', 400],
    ['HEAD', 400],
    ['--help', 400],
    [`${rev}^`, 400],
    [rev.slice(0, 10), 400],
    [rev.toUpperCase(), 400],
    [otherRev, 404],
    [tree, 404],
    [tag, 404],
  ] as const)
    for (const end of ['file', 'file/raw?path=run.sh']) {
      const answer = await fetch(`${firn.url}/api/v1/firn/projects/${id}/commits/${encodeURIComponent(no)}/${end}`)
      assert.equal(answer.status, status, `${no} ${end}`)
    }
})

test('a symbolic link shows its target, and is never followed', async () => {
  assert.deepEqual(await at('passwd'), { kind: 'symlink', target: '/etc/passwd' })
  assert.deepEqual(await at('inside'), { kind: 'symlink', target: 'lib' })
  await refused('inside/deep', /inside is a symbolic link, which is not followed/)
  const answer = await raw('passwd')
  assert.equal(answer.status, 404)
  assert.match(await answer.text(), /passwd is a symlink, not a file/)
})

test('a submodule shows its commit, and what it holds is elsewhere', async () => {
  assert.deepEqual(await at('vendor'), { kind: 'submodule', rev: otherRev })
  await refused('vendor/x', new RegExp(`vendor is a submodule: .* ${otherRev}`))
})

test('what is not there is said so, with how far the path led', async () => {
  await refused('lib/deeper/a.nix', /This commit has no lib\/deeper\./)
  await refused('run.sh/x', /run\.sh is a file, not a folder/)
})

test('a large and a binary file are not shown, but can be saved: as text that no browser takes for anything else', async () => {
  assert.deepEqual(await at('huge'), {
    kind: 'file',
    bytes: hugeBytes,
    isExecutable: false,
    text: null,
    withheld: 'large',
  })
  assert.equal(await at('image').then((file) => file.kind === 'file' && file.withheld), 'binary')
  const answer = await raw('huge')
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
  assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="huge"')
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
  assert.equal(answer.headers.get('content-length'), String(hugeBytes))
  assert.equal((await answer.bytes()).length, hugeBytes)
  assert.deepEqual([...(await (await raw('image')).bytes())], imageBytes)
  const named = (await raw('odd/"quoted"')).headers.get('content-disposition')
  assert.equal(named, 'attachment; filename="_quoted_"')
})

test('a commit of another project is none of this one; one that no branch has any more still is', async () => {
  await using other = await openRepository()
  const foreign = await other.commit({ secret: 'text' })
  await other.push(firn.remote('other'))
  await assert.rejects(firn.client.firn.file({ id, rev: foreign, path: 'secret' }), /no such commit/)
  await other.commit({ secret: null })
  await other.git('commit', '--amend', '--message', 'again')
  await other.push(firn.remote('other'), '+HEAD:refs/heads/main')
  const { id: otherId } = await firn.client.projects.bySite({ site: 'local', account: 'local', project: 'other' })
  const file = await firn.client.firn.file({ id: otherId, rev: foreign, path: 'secret' })
  assert.equal(file.kind === 'file' && file.text, 'text')
})

test('who may not look around gets neither file nor content', async () => {
  const authorization = 'Bearer wrong'
  assert.equal((await raw('run.sh', { headers: { authorization } })).status, 401)
  const address = `${firn.url}/api/v1/firn/projects/${id}/commits/${rev}/file?path=run.sh`
  assert.equal((await fetch(address, { headers: { authorization } })).status, 401)
})

test('of a repository elsewhere the commits of jobs are shown, from the mirror, and no others', async () => {
  const { url, path } = await host.make('elsewhere')
  await using own = await openRepository()
  const built = await own.commit({ 'ci.nix': '{ }' })
  await own.push(path)
  const [account] = await firn.client.accounts.list({})
  const project = await firn.client.firn.addRepository({ id: account?.id ?? '', name: 'elsewhere', url, ...hostLogin })
  const seen = async () => (await firn.client.firn.repository({ id: project.id })).seenAt !== null
  await until('it is seen', seen)
  const file = await firn.client.firn.file({ id: project.id, rev: built, path: 'ci.nix' })
  assert.equal(file.kind === 'file' && file.text, '{ }')
  const unbuilt = await own.commit({ 'ci.nix': '{ a = 1; }' })
  await own.push(path, 'HEAD:refs/heads/other')
  await assert.rejects(firn.client.firn.file({ id: project.id, rev: unbuilt, path: 'ci.nix' }), /no such commit/)
})

test('where the host shows a line follows from its name, else from the setting, which is checked', async () => {
  const { url, path } = await host.make('linked')
  await using own = await openRepository()
  await own.commit({ 'ci.nix': '{ }' })
  await own.push(path)
  const [account] = await firn.client.accounts.list({})
  const { id: linked, fileView } = await firn.client.firn.addRepository({
    id: account?.id ?? '',
    name: 'linked',
    url,
    ...hostLogin,
  })
  assert.equal(fileView, null)
  const change = (fileTemplate: string | null) => firn.client.firn.changeRepository({ id: linked, fileTemplate })
  const view = async () => (await firn.client.projects.get({ id: linked })).fileView
  const template = 'https://git.example.org/{name}/{path}?h={rev}#n{line}'
  assert.equal((await change(template)).fileTemplate, template)
  assert.equal(await view(), 'https://git.example.org/linked/{path}?h={rev}#n{line}')
  await assert.rejects(change('javascript:{path}'), /must be an http/)
  await assert.rejects(change('https://git.example.org/{sha}/{path}'), /has \{sha\}/)
  assert.equal((await change(null)).fileTemplate, null)
  assert.equal(await view(), null)
  await firn.client.firn.changeRepository({ id: linked, url: 'https://codeberg.org/o/r.git' })
  assert.equal(await view(), 'https://codeberg.org/o/r/src/commit/{rev}/{path}#L{line}')
  const { id: local } = await firn.client.projects.bySite({ site: 'local', account: 'local', project: 'files' })
  assert.equal((await firn.client.projects.get({ id: local })).fileView, null)
})
