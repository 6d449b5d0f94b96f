import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { openLogin } from './login.ts'

test('what stands in an address reaches ssh as one word, whatever a shell would make of it', async () => {
  const host = "a';touch$IFS;'"
  const remote = { projectId: 'p', url: `ssh://${host}/a`, username: null, password: null, hostKeys: null }
  await using login = await openLogin(remote, undefined)
  const words = execFileSync('sh', ['-c', `printf '%s\\n' ${login.env.GIT_SSH_COMMAND}`], { encoding: 'utf8' })
  assert.ok(words.split('\n').includes(`HostKeyAlias=${host}`), words)
  assert.ok(words.split('\n').includes('BatchMode=yes'))
})
