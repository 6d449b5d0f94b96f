import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRemote } from './remote.ts'

const github = { owner: 'ada', name: 'engine', webURL: 'https://github.com/ada/engine', forgeType: 'github' }

const remotes: [url: string, expected: ReturnType<typeof parseRemote>][] = [
  ['https://github.com/ada/engine.git', { ...github, httpURL: 'https://github.com/ada/engine.git', sshURL: null }],
  ['https://ada:secret@github.com/ada/engine', { ...github, httpURL: 'https://github.com/ada/engine', sshURL: null }],
  ['git@github.com:ada/engine.git', { ...github, httpURL: null, sshURL: 'git@github.com:ada/engine.git' }],
  [
    'ssh://git@forge.example:2222/group/sub/engine.git',
    {
      owner: 'group/sub',
      name: 'engine',
      httpURL: null,
      sshURL: 'ssh://git@forge.example:2222/group/sub/engine.git',
      webURL: null,
      forgeType: null,
    },
  ],
  [
    'http://127.0.0.1:8080/git/local/hello.git',
    {
      owner: 'git/local',
      name: 'hello',
      httpURL: 'http://127.0.0.1:8080/git/local/hello.git',
      sshURL: null,
      webURL: 'http://127.0.0.1:8080/git/local/hello',
      forgeType: null,
    },
  ],
  ['/srv/git/engine.git', undefined],
  ['file:///srv/git/engine.git', undefined],
  ['../engine', undefined],
  ['https://forge.example/engine', undefined],
]

for (const [url, expected] of remotes)
  test(`1.3.3 what ${url} says of the repository`, () => assert.deepEqual(parseRemote(url), expected))
