/** Flakes with submodules, from a task to its attributes, with the real Git and Nix. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { type Bench, evaluateTask, onPush, openBench, randomSalt, testNixes } from '../../testing/agent-bench.ts'
import { commitTree } from '../../testing/evaluation-bench.ts'
import { type GitServer, startGitServer } from '../../testing/git-server.ts'

type Served = { bench: Bench; git: GitServer; credentials: { url: string; username: string; password: string }[] }

async function serving(bench: Bench): Promise<Served & AsyncDisposable> {
  const login = { username: 'x-access-token', password: `password-${randomSalt()}` }
  const git = await startGitServer(join(bench.folder, 'served'), login)
  bench.run()
  await bench.server.until(() => bench.server.hellos.length === 1)
  return {
    bench,
    git,
    credentials: [{ url: git.url, ...login }],
    [Symbol.asyncDispose]: () => git[Symbol.asyncDispose](),
  }
}

/** `submodules`: folder to the address that `.gitmodules` has and the commit. */
async function repository(
  { bench }: Served,
  name: string,
  files: Record<string, string>,
  submodules: Record<string, { url: string; rev: string }> = {},
): Promise<string> {
  const tree = join(bench.folder, 'served', name)
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(tree, file)), { recursive: true })
    await writeFile(join(tree, file), text)
  }
  const rev = commitTree(tree, bench.environment)
  if (Object.keys(submodules).length === 0) return rev
  const env = {
    ...bench.environment,
    GIT_AUTHOR_NAME: 'A',
    GIT_AUTHOR_EMAIL: 'a@b',
    GIT_COMMITTER_NAME: 'A',
    GIT_COMMITTER_EMAIL: 'a@b',
  }
  const git = (...args: string[]) => execFileSync('git', ['-C', tree, ...args], { env, encoding: 'utf8' }).trim()
  for (const [path, { url, rev: commit }] of Object.entries(submodules)) {
    git('config', '--file', '.gitmodules', `submodule.${path}.path`, path)
    git('config', '--file', '.gitmodules', `submodule.${path}.url`, url)
    git('update-index', '--add', '--cacheinfo', `160000,${commit},${path}`)
  }
  git('add', '.gitmodules')
  git('commit', '--quiet', '-m', 'submodules')
  return git('rev-parse', 'HEAD')
}

async function evaluate(
  { bench, git, credentials }: Served,
  rev: string,
  { submodules = true, repositoryUrl }: { submodules?: boolean; repositoryUrl?: string } = {},
) {
  const task = evaluateTask('', onPush('default'))
  const src = { rev, ref: 'refs/heads/main', sshURL: '', httpURL: `${git.url}/group/top`, name: 'top' }
  const contents = {
    ...task,
    isFlakeJob: true,
    otherInputs: {},
    inputs: { src: { tag: 'Git' as const, contents: src } },
    extraGitCredentials: credentials,
    firn: { importFromDerivation: true, submodules, ...(repositoryUrl !== undefined && { repositoryUrl }) },
  }
  bench.server.say({ tag: 'StartEvaluation', contents })
  const status = await bench.server.status(task.id)
  const events = bench.server.events(task.id)
  return {
    status,
    names: events.flatMap((event) => (event.tag === 'Attribute' ? [event.contents.derivationPath.slice(44, -4)] : [])),
    errors: events.flatMap((event) => (event.tag === 'AttributeError' ? [event.contents.errorMessage] : [])),
    log: bench.server.logText(task.logToken),
  }
}

/** A derivation whose name is made of what the files hold. */
const flakeOf = (files: string[]) => `{ outputs = { self }: { packages.x86_64-linux.a = derivation {
  name = builtins.concatStringsSep "-" (map builtins.readFile [ ${files.map((file) => `"\${self}/${file}"`).join(' ')} ]);
  system = "x86_64-linux"; builder = "/bin/sh"; }; }; }`

for (const nix of await testNixes()) {
  describe(`submodules with Nix ${nix.version.text}`, () => {
    test('a flake comes with its submodules and theirs, relative or not, with the logins of the task', async () => {
      await using bench = await openBench(nix)
      await using served = await serving(bench)
      const deep = { url: '../deep', rev: await repository(served, 'group/deep', { file: 'deep' }) }
      const lib = { url: '../lib', rev: await repository(served, 'group/lib', { file: 'lib' }, { 'its own': deep }) }
      const side = { url: `${served.git.url}/side`, rev: await repository(served, 'side', { file: 'side' }) }
      const flake = flakeOf(['libs/lib/file', 'libs/lib/its own/file', 'side/file'])
      const rev = await repository(served, 'group/top', { 'flake.nix': flake }, { 'libs/lib': lib, side })
      const { names, log, status } = await evaluate(served, rev)
      assert.deepEqual(names, ['lib-deep-side'], `${JSON.stringify(status)}\n${log}`)
      assert.match(log, /fetched with 3 submodules/)
      assert.doesNotMatch(log, /warning/)
    })

    test('what is fetched from a mirror has submodules beside the repository itself', async () => {
      await using bench = await openBench(nix)
      await using served = await serving(bench)
      const lib = { url: '../lib', rev: await repository(served, 'elsewhere/lib', { file: 'lib' }) }
      const rev = await repository(served, 'group/top', { 'flake.nix': flakeOf(['lib/file']) }, { lib })
      const { names, log } = await evaluate(served, rev, { repositoryUrl: `${served.git.url}/elsewhere/top` })
      assert.deepEqual(names, ['lib'], log)
    })

    test('two commits of one repository are two submodules', async () => {
      await using bench = await openBench(nix)
      await using served = await serving(bench)
      const first = await repository(served, 'group/lib', { file: 'new' })
      const older = execFileSync('git', ['-C', join(bench.folder, 'served/group/lib'), 'rev-parse', 'HEAD~1'], {
        encoding: 'utf8',
      }).trim()
      const url = '../lib'
      const flake = `{ outputs = { self }: let count = at: toString (builtins.length (builtins.attrNames (builtins.readDir at))); in {
        packages.x86_64-linux.a = derivation {
          name = "\${count "\${self}/one"}-\${count "\${self}/two"}"; system = "x86_64-linux"; builder = "/bin/sh";
        };
      }; }`
      const rev = await repository(
        served,
        'group/top',
        { 'flake.nix': flake },
        {
          one: { url, rev: first },
          two: { url, rev: older },
        },
      )
      const { names, log } = await evaluate(served, rev)
      assert.deepEqual(names, ['1-0'], log)
    })

    test('a flake without submodules evaluates as always', async () => {
      await using bench = await openBench(nix)
      await using served = await serving(bench)
      const rev = await repository(served, 'group/top', { 'flake.nix': flakeOf(['file']), file: 'plain' })
      const { names, log } = await evaluate(served, rev)
      assert.deepEqual(names, ['plain'])
      assert.doesNotMatch(log, /submodules/)
    })

    test('a project that does not take them has empty folders', async () => {
      await using bench = await openBench(nix)
      await using served = await serving(bench)
      const lib = { url: '../lib', rev: await repository(served, 'group/lib', { file: 'lib' }) }
      const rev = await repository(served, 'group/top', { 'flake.nix': flakeOf(['lib/file']) }, { lib })
      const { names, errors } = await evaluate(served, rev, { submodules: false })
      assert.deepEqual(names, [])
      assert.match(errors.join(), /lib\/file|No such file/)
    })
  })
}

describe('what a repository may name as its submodules', async () => {
  const [nix] = await testNixes()
  if (nix === undefined) throw new Error('no Nix')
  for (const [url, said] of [
    ['file:///etc', 'neither https nor on the server of this repository'],
    ['/etc', 'not an address of a repository'],
    ['ext::sh -c touch /tmp/here', 'not an address of a repository'],
    ['../../../../up', 'leads out of'],
  ] as const)
    test(`${url} is refused, and the task says so`, async () => {
      await using bench = await openBench(nix)
      await using served = await serving(bench)
      const lib = { url, rev: await repository(served, 'group/lib', { file: 'lib' }) }
      const rev = await repository(served, 'group/top', { 'flake.nix': flakeOf([]) }, { lib })
      const { status } = await evaluate(served, rev)
      assert.equal(status.tag, 'Exceptional')
      assert.match(JSON.stringify(status), new RegExp(`the submodule lib: .*${said}`))
    })

  test('a commit that is not there is told with the submodule’s place', async () => {
    await using bench = await openBench(nix)
    await using served = await serving(bench)
    await repository(served, 'group/lib', { file: 'lib' })
    const rev = await repository(
      served,
      'group/top',
      { 'flake.nix': flakeOf([]) },
      {
        'in/lib': { url: '../lib', rev: 'f'.repeat(40) },
      },
    )
    assert.match(
      JSON.stringify((await evaluate(served, rev)).status),
      /Exceptional.*the submodule in\/lib: .*not our ref/,
    )
  })

  test('submodules in submodules without end are refused', async () => {
    await using bench = await openBench(nix)
    await using served = await serving(bench)
    let rev = await repository(served, 'group/level-11', { file: 'x' })
    for (let level = 10; level > 0; level--)
      rev = await repository(
        served,
        `group/level-${level}`,
        { file: 'x' },
        { in: { url: `../level-${level + 1}`, rev } },
      )
    const top = await repository(served, 'group/top', { 'flake.nix': flakeOf([]) }, { in: { url: '../level-1', rev } })
    assert.match(
      JSON.stringify((await evaluate(served, top)).status),
      /Exceptional.*submodules are in each other more than 10 deep, at in\/in/,
    )
  })
})
