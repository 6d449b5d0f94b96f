import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { randomSalt, testNixes } from '../../testing/agent-bench.ts'
import {
  commitTree,
  type EvaluationBench,
  evaluateSource,
  openEvaluationBench,
} from '../../testing/evaluation-bench.ts'

/** Each attribute tries to get at `@secret@/token`, a file of the agent, and to show it. */
const ci = `
let
  secret = "@secret@";
  show = text: derivation { name = "leak"; system = "x86_64-linux"; builder = "/bin/sh"; inherit text; };
  read = tree: show (builtins.readFile (tree + "/token"));
in {
  byPath = show (builtins.readFile (secret + "/token"));
  byPathValue = show (builtins.readFile (/. + secret + "/token"));
  relative = show (builtins.readFile ../token);
  upwards = show (builtins.readFile (./. + "/../token"));
  bySymlink = show (builtins.readFile ./link);
  byFolderLink = show (builtins.readFile ./out/token);
  copied = show (builtins.readFile (builtins.path { name = "x"; path = secret; } + "/token"));
  filtered = read (builtins.filterSource (_: _: true) (/. + secret));
  copiedLink = read (builtins.path { name = "out"; path = ./out; });
  listed = show (builtins.toJSON (builtins.readDir secret));
  fetchTreePath = read (builtins.fetchTree { type = "path"; path = secret; });
  flakePath = show (builtins.toJSON (builtins.getFlake "path:\${secret}"));
  flakeGit = show (builtins.getFlake "git+file://\${secret}/repo").outputs.word;
  git = show (builtins.readFile (builtins.fetchGit "\${secret}/repo" + "/word"));
  gitUrl = show (builtins.readFile (builtins.fetchGit { url = "file://\${secret}/repo"; } + "/word"));
  fileUrl = show (builtins.readFile (builtins.fetchurl "file://\${secret}/token"));
  tarball = read (builtins.fetchTarball "file://\${secret}/token");
  loopback = show (builtins.readFile (builtins.fetchurl "http://127.0.0.1:9/token"));
  environment = show (builtins.getEnv "AGENT_SECRET");
  lookup = show (builtins.readFile (builtins.findFile [ { prefix = ""; path = secret; } ] "token"));
  nixPath = show (builtins.toJSON builtins.nixPath + builtins.toJSON (map (entry: builtins.readDir entry.path) builtins.nixPath));
  agent = show (builtins.readFile "/proc/self/environ");
  parent = show (builtins.readFile "/proc/1/environ");
  imported = import (secret + "/token");
  stored = builtins.storePath secret;
  run = builtins.exec [ "/bin/cat" (secret + "/token") ];
}`

for (const nix of await testNixes()) {
  describe(`a hostile repository with Nix ${nix.version.text}`, () => {
    let bench: EvaluationBench
    before(async () => {
      bench = await openEvaluationBench(nix)
    })
    after(() => bench[Symbol.asyncDispose]())

    test('1.12.1–1.12.5 gets nothing of the agent, whatever it tries', async () => {
      const word = `secret-word-${randomSalt()}`
      const secret = join(bench.folder, 'agent')
      const checkout = join(secret, 'work', 'repo')
      await mkdir(checkout, { recursive: true })
      await mkdir(join(secret, 'repo'))
      await writeFile(join(secret, 'token'), word)
      await writeFile(join(secret, 'work', 'token'), word)
      await writeFile(join(secret, 'repo', 'word'), word)
      await writeFile(join(secret, 'repo', 'flake.nix'), `{ outputs = _: { word = "${word}"; }; }`)
      commitTree(join(secret, 'repo'), bench.tools.environment)
      await symlink(join(secret, 'token'), join(checkout, 'link'))
      await symlink(secret, join(checkout, 'out'))
      await writeFile(join(checkout, 'ci.nix'), ci.replaceAll('@secret@', secret))
      const environment = { ...bench.tools.environment, AGENT_SECRET: word }
      const { events, log, status } = await evaluateSource({ ...bench.tools, environment }, checkout)
      assert.equal(status.tag, 'Successful')
      assert.ok(!log.includes(word))
      for (const event of events) assert.ok(!JSON.stringify(event).includes(word), JSON.stringify(event))
      const drvs = events.flatMap((event) => (event.tag === 'Attribute' ? [event.contents] : []))
      for (const { derivationPath, expressionPath } of drvs) {
        assert.ok(!readFileSync(derivationPath, 'latin1').includes(word), expressionPath.join('.'))
      }
      // Newer Nix lists the folders above the source; of them the namespace shows nothing but the way to it.
      const listed = drvs.find(({ expressionPath }) => expressionPath[0] === 'listed')
      if (listed) assert.match(readFileSync(listed.derivationPath, 'latin1'), /"\{\\"work\\":\\"directory\\"\}"/)
      const harmless = new Set(['environment', 'nixPath', 'copiedLink', 'listed'])
      assert.deepEqual(
        drvs.flatMap(({ expressionPath: [name = ''] }) => (harmless.has(name) ? [] : [name])),
        [],
      )
    })
  })
}
