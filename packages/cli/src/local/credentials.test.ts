import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Certificate, makeCertificate } from '@firn/agent/testing/certificate'
import { type GitServer, startGitServer } from '@firn/agent/testing/git-server'
import { openGit } from '../up/checkout.ts'
import { type FirnBench, openFirnBench, testNixes } from './testing/firn.ts'

const login = { username: 'ada', password: 'pass"word #1' }

for (const nix of await testNixes()) {
  describe(`private inputs of firn eval with Nix ${nix.version.text}`, () => {
    let bench: FirnBench
    let server: GitServer
    let certificate: Certificate
    let flake: string
    let plain: string
    before(async () => {
      bench = await openFirnBench(nix)
      certificate = makeCertificate(bench.folder)
      const git = openGit(process.env)
      const input = await bench.tree({ 'flake.nix': '{ outputs = _: { word = "private-word"; }; }' }, 'private')
      for (const args of [
        ['init', '--quiet', '--initial-branch=main'],
        ['add', '.'],
        ['commit', '--quiet', '--message=one'],
      ])
        await git(input, ...args)
      const rev = await git(input, 'rev-parse', 'HEAD')
      server = await startGitServer(dirname(input), login, { tls: certificate, files: { '/file': 'file-word' } })
      const locked = { type: 'git', url: `${server.url}/private`, ref: 'refs/heads/main', rev }
      const nodes = {
        root: { inputs: { private: 'private' } },
        private: { locked, original: { type: 'git', url: locked.url } },
      }
      flake = await bench.tree({
        'flake.lock': JSON.stringify({ root: 'root', version: 7, nodes }),
        'flake.nix': `{ inputs.private.url = "git+${server.url}/private"; outputs = { self, private }: {
          packages.x86_64-linux.a = derivation { name = private.word; system = "x86_64-linux"; builder = "/bin/sh"; };
        }; }`,
      })
      plain = await bench.tree({
        'default.nix': `{ a = derivation {
          name = builtins.readFile (builtins.fetchurl "${server.url}/file"); system = "x86_64-linux"; builder = "/bin/sh";
        }; }`,
      })
    })
    after(async () => {
      await server[Symbol.asyncDispose]()
      await bench[Symbol.asyncDispose]()
    })

    const firn = (...args: string[]) =>
      bench.start(args, { NIX_SSL_CERT_FILE: certificate.file, GIT_SSL_CAINFO: certificate.file }).ended

    async function file(text: string): Promise<string> {
      const path = join(bench.folder, 'logins')
      await writeFile(path, text)
      return path
    }

    const store = () => `https://ada:${encodeURIComponent(login.password)}@localhost:${server.port}\n`
    const netrc = (host: string) => `machine ${host}\n  login ada\n  password "pass\\"word #1"\n`

    test('1.12.8 the logins of a file are for the fetchers', async () => {
      const [name, netrcFile] = [await file(store()), join(bench.folder, 'netrc')]
      await writeFile(netrcFile, `# mine\nmacdef init\nmachine no\n\n${netrc('localhost')}default login x password y\n`)
      for (const [folder, path, found] of [
        [flake, name, 'private-word'],
        [plain, name, 'file-word'],
        [plain, netrcFile, 'file-word'],
      ] as const) {
        const { status, stdout, stderr } = await firn('eval', folder, '--credentials', path)
        assert.equal(status, 0, stdout + stderr)
        assert.match(stdout, new RegExp(` {2}build {2}${found}\\n`))
      }
    })

    test('what is refused for want of a login names the option', async () => {
      for (const folder of [flake, plain]) {
        const none = await firn('eval', folder)
        assert.equal(none.status, 1)
        assert.match(none.stderr, /^An input could not be fetched without a login\. .* --credentials FILE/m)
        const run = await firn('run', folder)
        assert.match(run.stdout, /^An input could not be fetched without a login\. .* --credentials FILE/m)
        const other = await firn('eval', folder, '--credentials', await file(netrc('other.example')))
        assert.equal(other.status, 1)
        assert.match(
          other.stderr,
          /^An input could not be fetched: the file of --credentials has no login for its host/m,
        )
      }
      assert.match((await firn('eval', flake)).stderr, /^fatal: could not read Username for /m)
    })

    test('a file without logins is refused', async () => {
      const [hello, nowhere] = [plain, join(bench.folder, 'nowhere')]
      const missing = await firn('eval', hello, '--credentials', nowhere)
      assert.deepEqual([missing.status, missing.stdout], [2, ''])
      assert.match(missing.stderr, /^firn: --credentials .* cannot be read: ENOENT/)
      for (const text of ['', 'some words', 'http://ada:x@localhost\n', 'default login ada password x\n']) {
        const { status, stderr } = await firn('eval', hello, '--credentials', await file(text))
        assert.equal(status, 2, text)
        assert.match(stderr, /^firn: --credentials .* has no login for an https host/)
      }
    })
  })
}
