import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { plainValue, record, Source } from '../../test/evaluations.ts'
import { testNixes } from '../../test/nixes.ts'
import { sandboxCommand } from './sandbox.ts'

for (const nix of await testNixes()) {
  const version = nix.nix.version.text

  test(`${version}: an expression sees its source and nothing else of the host`, async () => {
    using other = new Source({
      'secret.txt': 'secret',
      'default.nix': '"secret"',
      'flake.nix': '{ outputs = _: { secret = 1; }; }',
    })
    using source = new Source({ 'file.txt': 'mine' })
    symlinkSync(join(other.folder, 'secret.txt'), join(source.folder, 'link.txt'))
    mkdirSync(join(source.folder, 'nixpkgs'))
    writeFileSync(join(source.folder, 'nixpkgs', 'default.nix'), '"found"')
    const hostile: Record<string, string> = {
      hostname: 'builtins.readFile /etc/hostname',
      passwdPath: `"\${/etc/passwd}"`,
      symlink: 'builtins.readFile ./link.txt',
      otherFolder: `builtins.readFile ${other.folder}/secret.txt`,
      importOther: `import ${other.folder}`,
      listEtc: 'builtins.attrNames (builtins.readDir /etc)',
      filterSource: `"\${builtins.filterSource (p: t: true) ${other.folder}}"`,
      path: `builtins.readFile "\${builtins.path { path = ${other.folder}; }}/secret.txt"`,
      fetchTree: `builtins.readFile "\${(builtins.fetchTree { type = "path"; path = "/etc/apt"; }).outPath}/sources.list"`,
      fetchOther: `builtins.readFile "\${(builtins.fetchTree { type = "path"; path = "${other.folder}"; }).outPath}/secret.txt"`,
      flakePath: 'builtins.getFlake "path:/etc"',
      flakeOther: `(builtins.getFlake "path:${other.folder}").secret`,
      lookup: '<nixpkgs>',
      lookupIn: 'builtins.findFile builtins.nixPath "nixpkgs"',
      fetchurl: 'builtins.readFile (builtins.fetchurl "http://127.0.0.1:1/x")',
      fetchFile: 'builtins.readFile (builtins.fetchurl "file:///etc/hostname")',
      fetchTarball: 'builtins.fetchTarball "file:///etc/x.tar.gz"',
      fetchGit: `builtins.fetchGit ${other.folder}`,
      exec: 'builtins.exec [ "/bin/sh" "-c" "id" ]',
    }
    const attributes = Object.entries(hostile).map(([name, text]) => `${name} = ${text};`)
    writeFileSync(
      join(source.folder, 'ci.nix'),
      `{ mine = builtins.readFile ./file.txt; home = builtins.getEnv "HOME"; path = builtins.getEnv "PATH"; ${attributes.join('\n').replace('path = builtins.readFile', 'builtinPath = builtins.readFile')} }`,
    )
    await using recorded = await record(nix, source, {
      settings: { 'experimental-features': 'flakes', 'connect-timeout': '1', 'download-attempts': '1' },
    })
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    const described = recorded.of('described')
    assert.equal(plainValue(described.get('mine')), 'mine')
    assert.deepEqual([plainValue(described.get('home')), plainValue(described.get('path'))], ['', ''])
    const seen = [...described.keys()].filter((name) => !['', 'mine', 'home', 'path'].includes(name))
    assert.deepEqual(seen, [], JSON.stringify(seen.map((name) => described.get(name)?.description)))
  })

  test(`${version}: our own files give nothing away, and the disk cannot be filled`, async () => {
    const endlessFile = 'builtins.foldl\' (a: i: a + a) "0123456789" (builtins.genList (i: i) 22)'
    using source = new Source({
      'ci.nix': `let peek = path: builtins.readFile (builtins.fetchTree { inherit path; type = "path"; }).outPath; in {
        environ = peek "/proc/self/environ"; input = peek "/proc/self/fd/0"; command = peek "/proc/self/cmdline"; parent = builtins.readDir "/proc";
        big = builtins.stringLength (${endlessFile}); }`,
    })
    await using recorded = await record(nix, source, { settings: { 'experimental-features': 'flakes' } })
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    const texts = JSON.stringify(recorded.notices)
    assert.doesNotMatch(texts, /[0-9a-f]{32}A /, 'no nonce is to be seen')
    assert(!recorded.of('described').has('parent'))
  })

  test(`${version}: with the network on, restricted mode still allows only what it was told`, async () => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.end('{ }')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    assert(typeof address === 'object' && address !== null)
    const url = `http://127.0.0.1:${address.port}`
    using source = new Source({
      'ci.nix': `{ no = builtins.readFile (builtins.fetchurl "${url}/no"); yes = builtins.readFile (builtins.fetchurl "${url}/yes/x"); }`,
    })
    const sandbox = { sources: [source.folder], network: true, scratchBytes: 10_000_000 }
    await using recorded = await record(nix, source, { sandbox, settings: { 'allowed-uris': `${url}/yes/` } })
    assert.deepEqual(await recorded.walk(), { how: 'finished' })
    server.close()
    assert.deepEqual(asked, ['/yes/x'])
    assert.match(recorded.of('failed').get('no')?.message ?? '', /restricted mode|forbidden/)
    assert.equal(plainValue(recorded.of('described').get('yes')), '{ }')
    assert.equal([...recorded.of('fetch').values()].at(0)?.url, `${url}/yes/x`)
  })
}

test('the sandbox itself: no folder can be written but a bounded one, no process and no variable of the host is seen', async () => {
  using source = new Source({ 'ci.nix': '1' })
  const sandbox = { sources: [source.folder], network: false, scratchBytes: 1_000_000 }
  const [program = '', ...args] = sandboxCommand(sandbox, {
    binDir: '/usr/bin',
    own: [],
    env: { PATH: '/usr/bin:/bin', GIVEN: 'yes' },
  })
  const script = `
    for folder in / /tmp /dev /dev/shm /etc /nix /nix/store /usr /proc/sys "${source.folder}"; do touch "$folder/x" 2>/dev/null && echo "wrote $folder"; done
    head -c 900000 /dev/zero > $HOME/a && echo "wrote some"; head -c 2000000 /dev/zero > $HOME/b 2>/dev/null || echo full
    echo uid $(id -u) processes $(ls /proc | grep -c '^[0-9]*$') interfaces $(grep -c : /proc/net/dev) etc $(ls -A /etc 2>/dev/null | wc -l); env | cut -d= -f1 | sort | tr '\\n' ' '`
  const ran = spawnSync(program, [...args, '/bin/sh', '-c', script], {
    env: { PATH: '/usr/bin:/bin', SECRET: 'x' },
    encoding: 'utf8',
  })
  const lines = ran.stdout.trim().split('\n')
  assert.deepEqual(lines.slice(0, 2), ['wrote some', 'full'], ran.stderr)
  assert.match(lines[2] ?? '', /^uid 1000 processes [1-7] interfaces 1 etc 0$/)
  assert.doesNotMatch(lines[3] ?? '', /SECRET/)
  assert.match(lines[3] ?? '', /GIVEN HOME/)
})
