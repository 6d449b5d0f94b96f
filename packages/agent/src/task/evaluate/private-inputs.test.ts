import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { randomSalt, testNixes } from '../../testing/agent-bench.ts'
import { makeCertificate } from '../../testing/certificate.ts'
import {
  asFlake,
  commitTree,
  type EvaluationBench,
  evaluateSource,
  openEvaluationBench,
} from '../../testing/evaluation-bench.ts'
import { type GitServer, startGitServer } from '../../testing/git-server.ts'
import { openCredentials } from './credentials.ts'
import type { Source } from './source.ts'

const drv = (name: string) => `derivation { name = ${name}; system = "x86_64-linux"; builder = "/bin/sh"; }`

/** What is known of the processes of the machine to others: command lines, environments. */
function processTexts(): string {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.flatMap((pid) => ['cmdline', 'environ'].map((file) => textOf(`/proc/${pid}/${file}`))).join('\n')
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

for (const nix of await testNixes()) {
  describe(`private inputs with Nix ${nix.version.text}`, () => {
    const login = { username: 'x-access-token', password: `pass"word ${randomSalt()}` }
    const seen: { authorization: string | undefined; texts: string; left: string[] }[] = []
    let bench: EvaluationBench
    let server: GitServer
    let rev = ''
    before(async () => {
      bench = await openEvaluationBench(nix)
      const certificate = makeCertificate(bench.folder)
      bench.tools.environment.NIX_SSL_CERT_FILE = certificate.file
      const repository = join(bench.folder, 'served', 'private')
      await mkdir(repository, { recursive: true })
      await writeFile(join(repository, 'word'), 'private-word')
      await writeFile(join(repository, 'flake.nix'), '{ outputs = _: { word = "flake-word"; }; }')
      rev = commitTree(repository, bench.tools.environment)
      server = await startGitServer(join(bench.folder, 'served'), login, {
        tls: certificate,
        files: { '/file': 'file-word' },
        onRequest: ({ authorization }) =>
          seen.push({
            authorization,
            texts: processTexts(),
            left: readdirSync(tmpdir()).filter((name) => name.startsWith('firn-credentials-')),
          }),
      })
    })
    after(async () => {
      await server[Symbol.asyncDispose]()
      await bench[Symbol.asyncDispose]()
    })

    async function evaluate(source: Source | string, urls: string[]) {
      const credentials = urls.map((url) => ({ url, ...login }))
      const told = await evaluateSource(bench.tools, source, { credentials, handler: 'onPush.default' })
      const drvs = told.events.flatMap((event) => (event.tag === 'Attribute' ? [event.contents] : []))
      return {
        ...told,
        drvs,
        names: Object.fromEntries(
          drvs.map((found) => [found.expressionPath.at(-1), found.derivationPath.slice(44, -4)]),
        ),
        errors: told.events.flatMap((event) => (event.tag === 'AttributeError' ? [event.contents] : [])),
      }
    }

    async function plain(outputs: string): Promise<string> {
      const checkout = join(bench.folder, randomSalt())
      await mkdir(checkout)
      await writeFile(join(checkout, 'ci.nix'), `{ herculesCI.onPush.default.outputs = { ${outputs} }; }`)
      return checkout
    }

    const fetches = (host: string) => `
      git = ${drv(`builtins.readFile (builtins.fetchGit { url = "https://${host}/private"; ref = "main"; rev = "${rev}"; } + "/word")`)};
      file = ${drv(`builtins.readFile (builtins.fetchurl "https://${host}/file")`)};`

    test('1.12.8 a locked input of a flake', async () => {
      const tree = join(bench.folder, randomSalt())
      const locked = { type: 'git', url: `${server.url}/private`, ref: 'refs/heads/main', rev }
      const input = { locked, original: { type: 'git', url: locked.url } }
      const lock = { root: 'root', version: 7, nodes: { root: { inputs: { private: 'private' } }, private: input } }
      await mkdir(tree)
      await writeFile(join(tree, 'flake.lock'), JSON.stringify(lock))
      await writeFile(
        join(tree, 'flake.nix'),
        `{ inputs.private.url = "git+${server.url}/private"; outputs = { self, private }: { packages.x86_64-linux.a = ${drv('private.word')}; }; }`,
      )
      const { source } = await asFlake(bench, tree)
      const { names, events } = await evaluate(source, [server.url])
      assert.deepEqual(names, { a: 'flake-word' }, JSON.stringify(events))
    })

    test('1.12.8 Git and downloads, with the password on no command line, in no environment and in no file', async () => {
      seen.length = 0
      const { names, events, log } = await evaluate(await plain(fetches(`localhost:${server.port}`)), [server.url])
      assert.deepEqual(names, { git: 'private-word', file: 'file-word' }, JSON.stringify(events))
      assert.ok(seen.some(({ authorization }) => authorization !== undefined))
      const encoded = [login.password, encodeURIComponent(login.password), btoa(`${login.username}:${login.password}`)]
      for (const { texts, left } of seen) {
        assert.ok(texts.includes('nix\0repl'), 'the evaluator is among the processes')
        assert.ok(encoded.every((word) => !texts.includes(word)))
        assert.deepEqual(left, [])
      }
      assert.ok(!log.includes('credential'), log)
    })

    test('1.12.8 another host, or none at all, gets no password', async () => {
      for (const urls of [[server.url], []]) {
        seen.length = 0
        const host = urls.length > 0 ? '127.0.0.1' : 'localhost'
        const { names, errors } = await evaluate(await plain(fetches(`${host}:${server.port}`)), urls)
        assert.deepEqual(names, {})
        assert.equal(errors.length, 2)
        assert.ok(seen.length > 0)
        for (const { authorization } of seen) assert.equal(authorization, undefined)
      }
    })

    test('1.12.8 the expression cannot read the password, whatever it tries', async () => {
      const files = [
        '/proc/self/fd/3',
        '/proc/self/fd/4',
        '/proc/thread-self/fd/3',
        '/dev/fd/3',
        '/proc/self/root/proc/self/fd/3',
      ]
      const folders = ['/proc/self/fd', '/dev/fd', '/proc/self', '/scratch', tmpdir()]
      const ofFile = (path: string) => [
        `builtins.readFile "${path}"`,
        `builtins.readFile (/. + "${path}")`,
        `builtins.readFile (builtins.path { name = "x"; path = "${path}"; })`,
        `builtins.readFile (builtins.fetchTree { type = "path"; path = "${path}"; }).outPath`,
        `builtins.readFile (builtins.fetchTree { type = "path"; path = "@checkout@/../../../../../..${path}"; }).outPath`,
        `builtins.readFile (builtins.fetchTree { type = "file"; url = "file://${path}"; }).outPath`,
        `builtins.readFile (builtins.fetchurl "file://${path}")`,
        `builtins.readFile (builtins.fetchurl "file://@checkout@/../../../../../..${path}")`,
        `builtins.readFile (builtins.fetchurl "https://localhost:${server.port}/../../..${path}")`,
        `builtins.readFile (builtins.fetchGit "file://${path}" + "/word")`,
        `builtins.readFile (builtins.fetchTarball "file://${path}")`,
        `builtins.readFile (builtins.toFile "x" (toString ${path}))`,
        `"\${${path}}"`,
        `import ${path}`,
      ]
      const ofFolder = (path: string) => [
        `builtins.toJSON (builtins.readDir "${path}")`,
        `let tree = (builtins.fetchTree { type = "path"; path = "${path}"; }).outPath; in builtins.toJSON (map (n: builtins.readFile "\${tree}/\${n}") [ "3" "4" ])`,
        `let tree = (builtins.getFlake "path:${path}").outPath; in builtins.readFile "\${tree}/3"`,
        `builtins.readFile "\${builtins.filterSource (_: _: true) (/. + "${path}")}/3"`,
      ]
      const attempts = [...files.flatMap(ofFile), ...folders.flatMap(ofFolder)]
      const tree = join(bench.folder, randomSalt())
      const outputs = attempts.map((text, i) => `a${i} = leak (${text});`).join('\n')
      const flake = `{ outputs = { self }: let
        leak = text: derivation { name = "leak"; system = "x86_64-linux"; builder = "/bin/sh"; inherit text; };
        in { packages.x86_64-linux = { ${outputs} }; }; }`
      await mkdir(tree)
      await writeFile(join(tree, 'flake.nix'), flake.replaceAll('@checkout@', `${tree}-clone`))
      const { source } = await asFlake(bench, tree)
      const { events, log, drvs } = await evaluate(source, [server.url])
      assert.equal(drvs.length + events.filter(({ tag }) => tag === 'AttributeError').length, attempts.length)
      const word = login.password.split(' ').at(-1) ?? ''
      const everything = [
        JSON.stringify(events),
        log,
        ...drvs.map(({ derivationPath }) => readFileSync(derivationPath, 'latin1')),
      ]
      for (const text of everything) assert.ok(!text.includes(word), text)
    })
  })
}

test('1.12.8 logins that could pass for others, or are for no https server, are left out', async () => {
  const of = (url: string, password = 'p') => ({ url, username: 'u', password })
  const given = [
    of('http://plain.example'),
    of('no url'),
    of('https://two.example', 'a\nmachine other.example login x password y'),
    of('https://one.example:8443/path', 'quoted"\\ #word'),
    of('https://[::1]/'),
  ]
  await using credentials = await openCredentials(given)
  const [netrc = 0, store = 0] = credentials.files
  assert.equal(
    readFileSync(`/proc/self/fd/${netrc}`, 'utf8'),
    'machine one.example\nlogin u\npassword "quoted\\"\\\\ #word"\nmachine ::1\nlogin u\npassword p\n',
  )
  assert.equal(
    readFileSync(`/proc/self/fd/${store}`, 'utf8'),
    'https://u:quoted%22%5C%20%23word@one.example:8443\nhttps://u:p@[::1]\n',
  )
  await using none = await openCredentials([of('http://plain.example')])
  assert.deepEqual([none.files, none.settings, none.git], [[], {}, []])
})
