import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { openRepository } from '@firn/testkit/repository'
import { until } from '@firn/testkit/wait'
import { parseJson } from '../db/parse-json.ts'
import { answerOf } from './answer-errors.ts'
import { isLocalHost } from './authenticate.ts'

let firn: Installation
before(async () => {
  firn = await startInstallation()
})
after(() => firn[Symbol.asyncDispose]())

const bearer = () => ({ authorization: `Bearer ${firn.token}` })
const api = (path: string, init: RequestInit = {}) => fetch(`${firn.url}/api/v1/${path}`, init)

/** `fetch` does not let one choose the Host. */
function statusWithHost(host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(firn.url)
    request({ hostname, port, path: '/api/v1/firn/home', headers: { host } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

/** Opens the link as a browser would; answers the cookie it is given, if any. */
async function openLink(url: string): Promise<string | undefined> {
  const answer = await fetch(url, { redirect: 'manual' })
  return answer.headers.getSetCookie().find((cookie) => cookie.includes('session_token'))
}

test('on loopback a visitor of this machine may look, under a local name only', async () => {
  assert.equal((await api('firn/home')).status, 200)
  assert.equal(await statusWithHost('evil.example:80'), 401)
  assert.equal(await statusWithHost('127.0.0.1.evil.example'), 401)
  assert.deepEqual(['localhost', '127.0.0.1:8080', '[::1]:80', 'localhost.evil', '', '10.0.0.1'].map(isLocalHost), [
    true,
    true,
    true,
    false,
    false,
    false,
  ])
})

test('who only looks changes nothing', async () => {
  const [account] = await firn.client.accounts.list({})
  const body = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"description":"x"}' }
  const answer = await api(`accounts/${account?.id}/clusterJoinTokens`, body)
  assert.equal(answer.status, 401)
  const { errorTags, message } = (await answer.json()) as { errorTags: string[]; message: string }
  assert.deepEqual(errorTags, ['UNAUTHORIZED'])
  assert.match(message, /Sign in first/)
  assert.equal((await api(`accounts/${account?.id}/clusterJoinTokens`)).status, 401, 'tokens are not for visitors')
})

test('a wrong token is refused even where no token would do', async () => {
  assert.equal((await api('firn/home', { headers: { authorization: 'Bearer wrong' } })).status, 401)
})

test('a sign-in link signs in once', async () => {
  const { url } = await firn.client.firn.signInLink()
  const cookie = await openLink(url)
  assert.ok(cookie)
  assert.match(cookie, /HttpOnly/)
  assert.match(cookie, /SameSite=Lax/)
  const who = (await (await api('firn/whoami', { headers: { cookie } })).json()) as { name: string; mayWrite: boolean }
  assert.deepEqual([who.name, who.mayWrite], ['Administrator', true])
  assert.equal(await openLink(url), undefined)
})

test('nobody gets a link by asking the sign-in routes for one', async () => {
  const answer = await fetch(`${firn.url}/api/auth/sign-in/magic-link`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: firn.url },
    body: JSON.stringify({ email: 'administrator@firn.invalid' }),
  })
  assert.doesNotMatch(await answer.text(), /token/)
  const signUp = await fetch(`${firn.url}/api/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: firn.url },
    body: JSON.stringify({ email: 'x@example.org', password: 'longenough1', name: 'x' }),
  })
  assert.ok(signUp.status >= 400)
})

test('a browser session changes things from our own pages only', async () => {
  const cookie = (await openLink((await firn.client.firn.signInLink()).url)) ?? ''
  const [account] = await firn.client.accounts.list({})
  const create = (origin: string | undefined) =>
    api(`accounts/${account?.id}/clusterJoinTokens`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json', ...(origin === undefined ? {} : { origin }) },
      body: '{"description":"x"}',
    })
  assert.equal((await create('https://evil.example')).status, 403)
  assert.equal((await create(undefined)).status, 403)
  assert.equal((await create(firn.url)).status, 200)
})

test('5.1.1 refusals have errorTags and a sentence, whatever is wrong', async () => {
  for (const [path, init, status] of [
    ['projects/not-an-id', {}, 400],
    ['projects/01a20417-be7b-7411-b41d-9c95cdad6ef8', {}, 404],
    ['nothing/here', {}, 404],
    ['agent/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }, 400],
    ['agent/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }, 400],
    ['tasks/x/eval', { method: 'POST', headers: bearer() }, 401],
    ['site/a/account/b/project/c', {}, 404],
  ] as const) {
    const answer = await api(path, init)
    assert.equal(answer.status, status, path)
    const body = (await answer.json()) as { errorTags: string[]; message: string }
    assert.ok(Array.isArray(body.errorTags) && body.message.length > 10, path)
  }
})

test('what went wrong inside is not told outside; a database that is away is', () => {
  const inside = answerOf(new Error('password=secret'))
  assert.equal(inside.status, 500)
  assert.doesNotMatch(inside.body.message, /secret/)
  assert.equal(answerOf(Object.assign(new Error('x'), { code: '57P03' })).status, 503)
  assert.equal(answerOf(new Error('Connection terminated unexpectedly')).status, 503)
})

test('NUL in JSON becomes the replacement character, an escaped backslash before u0000 stays', () => {
  assert.deepEqual(parseJson('["a\\u0000b", "a\\\\u0000b", "\\\\\\u0000"]'), ['a\ufffdb', 'a\\u0000b', '\\\ufffd'])
})

test('every answer forbids foreign scripts and framing', async () => {
  for (const path of ['/', '/api/v1/client/info', '/local/local/x']) {
    const answer = await fetch(firn.url + path)
    assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'self'.*frame-ancestors 'none'/)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
  }
})

test('live events say what changed, and go on from where they were', async () => {
  const heard: string[] = []
  const stop = new AbortController()
  const listening = (async () => {
    for await (const event of await firn.client.firn.live({}, { signal: stop.signal })) heard.push(event.kind)
  })().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error
  })
  await using repository = await openRepository()
  await repository.commit({ 'ci.nix': '{ }' })
  await until('an event', async () => {
    if (heard.includes('project')) return true
    await repository.commit({ n: String(Math.random()) })
    await repository.push(firn.remote('lively'))
    return heard.includes('project')
  })
  stop.abort()
  await listening
})
