import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PageSubject, pages, readPageAddress } from './paths.ts'

const at = { site: 'github', account: 'acme', project: 'widgets' }
const drv = '/nix/store/pnahw1jdk3fr6rfhjfbi06skfbpja82p-hello-2.12.drv'

test('5.4 addresses of pages', () => {
  const encoded = '%2Fnix%2Fstore%2Fpnahw1jdk3fr6rfhjfbi06skfbpja82p-hello-2.12.drv'
  const addresses = [
    [pages.home(), '/'],
    [pages.project(at), '/github/acme/widgets'],
    [pages.commit(at, 'abc'), '/github/acme/widgets/commits/abc'],
    [pages.file(at, 'abc', ''), '/github/acme/widgets/commits/abc/files'],
    [pages.file(at, 'abc', 'lib/a.nix', 12), '/github/acme/widgets/commits/abc/files/lib/a.nix#L12'],
    [pages.job(at, 12), '/github/acme/widgets/jobs/12'],
    [pages.evaluationLog(at, 12), '/github/acme/widgets/jobs/12/evaluation/log'],
    [pages.derivation(at, drv), `/accounts/github/acme/derivations/${encoded}`],
    [pages.derivation(at, drv, 'j'), `/accounts/github/acme/derivations/${encoded}?via-job=j`],
    [pages.derivationLog(at, drv), `/accounts/github/acme/derivations/${encoded}/log`],
    [pages.derivationLog(at, drv, 'j'), `/accounts/github/acme/derivations/${encoded}/log?via-job=j`],
    [pages.agents(at), '/accounts/github/acme/agents'],
    [pages.addRepository(at), '/accounts/github/acme/add-repository'],
  ]
  for (const [address, expected] of addresses) assert.equal(address, expected)
})

test('a name cannot lead out of its segment', () => {
  const odd = { site: 'a/b', account: '?x', project: '#y&z' }
  assert.equal(pages.project(odd), '/a%2Fb/%3Fx/%23y%26z')
  assert.equal(pages.file(at, 'abc', 'a?b#c/%2e%2e\n'), `${pages.commit(at, 'abc')}/files/a%3Fb%23c/%252e%252e%0A`)
  assert.equal(pages.agents(odd), '/accounts/a%2Fb/%3Fx/agents')
  assert.equal(pages.derivation(at, drv, 'a&b=c'), `${pages.derivation(at, drv)}?via-job=a%26b%3Dc`)
})

test('an address of a page is read back, whatever the names', () => {
  for (const own of [at, { site: 'a/b', account: '?x', project: '#y&z' }]) {
    const { site, account } = own
    const job: PageSubject = { is: 'job', ...own, index: 12 }
    const build = (viaJob?: string): PageSubject => ({ is: 'derivation', site, account, drv, viaJob })
    const subjects: [string, PageSubject][] = [
      [pages.project(own), { is: 'project', ...own }],
      [pages.commit(own, 'abc'), { is: 'project', ...own }],
      [pages.job(own, 12), job],
      [`${pages.job(own, 12)}?state=Failed#x`, job],
      [pages.compare(own, 12, 'j'), job],
      [pages.evaluationLog(own, 12), job],
      [pages.derivation(own, drv), build()],
      [pages.derivationLog(own, drv, 'a&b=c'), build('a&b=c')],
      [`${pages.derivationLog(own, drv)}#L12`, build()],
    ]
    for (const [address, subject] of subjects) assert.deepEqual(readPageAddress(address), subject)
  }
})

test('what is no address of these pages is none', () => {
  const others = ['', '/', '/a', '/a/b', 'a/b/c', '/accounts/a/b/agents', '/a/b/c/jobs/x', '/a/b/c/jobs', '/%zz/b/c']
  for (const address of others) assert.equal(readPageAddress(address), undefined, address)
})
