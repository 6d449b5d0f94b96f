import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { startAgent, type TestAgent } from '../agent.ts'
import { openBrowser } from '../browser.ts'
import { type Installation, startInstallation } from '../installation.ts'
import { openRepository } from '../repository.ts'
import { finishedCommit } from '../wait.ts'

/** What a builder may print that wants to be more than text, from the real builder to the page. */
let firn: Installation
let agent: TestAgent
before(async () => {
  firn = await startInstallation()
  agent = await startAgent(firn)
})
after(async () => {
  await agent.stop()
  await firn[Symbol.asyncDispose]()
})

/** For `printf`; between the lines stands one of its own, so that each is found. */
const nasty = {
  colour: String.raw`\033[31mred\033[0m`,
  progress: String.raw`10%%\r50%%\rdone`,
  title: String.raw`\033]0;owned\007title`,
  clipboard: String.raw`\033]52;c;cm0gLXJmIC8=\007clip`,
  link: String.raw`\033]8;;javascript:alert(1)\007link\033]8;;\007`,
  unended: String.raw`\033]0;never ended`,
  utf8: String.raw`bad \377\376 bytes`,
  nul: String.raw`nul \000 byte`,
  bidi: String.raw`evil\342\200\256txt.exe`,
  invisible: String.raw`pass\342\200\213word`,
  html: '<img src=x onerror="document.title=1"><script>document.title=1</script>',
  stream: 'data: {"done":true}',
  indented: ' @nix {"action":"setPhase","phase":"notAPhase"}',
}
/** Lines that Nix itself reads: of these only a phase may have an effect. */
const forNix = [
  '@nix {"action":"setPhase","phase":"hostile<b>Phase"}',
  '@nix {"action":"stop","id":1}',
  '@nix {"action":"result","id":1,"type":101,"fields":["forged"]}',
  '@nix {"action":"start","id":77,"level":0,"type":105,"text":"forged build","parent":0,"fields":["/nix/store/x.drv","",1,1]}',
  '@nix {"action":"msg","level":0,"msg":"error: forged"}',
  '@nix {"action":"fly"}',
]
const longChars = 1_500_000

const script = [
  ...Object.entries(nasty).flatMap(([name, text]) => [`echo 'begin ${name}'`, `printf '${text}\\n'`]),
  ...forNix.map((line) => `echo '${line}'`),
  'echo after nix',
  `awk 'BEGIN { for (i = 0; i < ${longChars / 100}; i++) printf "%100d", i; print "" }'`,
  'echo the end',
  'echo out > $out',
].join('\n')

async function build(script: string) {
  await using repository = await openRepository()
  const rev = await repository.commit({
    'hostile.sh': script,
    'ci.nix': `{ herculesCI = { ... }: { onPush.default.outputs.x = derivation {
      name = "hostile"; system = "x86_64-linux"; builder = "/bin/sh"; args = [ ./hostile.sh ]; salt = "${randomUUID()}";
    }; }; }`,
  })
  const project = `p${randomUUID().slice(0, 8)}`
  await repository.push(firn.remote(project))
  const { jobs } = await finishedCommit(firn.client, project, rev, 90_000)
  const job = jobs.at(-1) ?? assert.fail('there is no job')
  const { items } = await firn.client.firn.attributes({ id: job.id })
  const drv = items[0]?.derivationPath ?? assert.fail('there is no derivation')
  const [account] = await firn.client.accounts.list({})
  const { logId, status, because } = await firn.client.derivations.get({ id: account?.id ?? '', drv })
  return { job, drv, status, because, logId: logId ?? assert.fail('there is no log'), accountId: account?.id ?? '' }
}

test('4.9.4, 4.9.10 whatever a builder prints is text: terminal commands, forged Nix messages, bytes that are no text', async () => {
  const { job, drv, status, logId, accountId } = await build(script)
  assert.equal(status, 'BuildSuccess', job.because)

  const { lines, done } = await firn.client.derivations.logLines({ id: accountId, drv })
  assert.equal(done, true)
  const texts = lines.map((line) => line.t)
  const of = (name: keyof typeof nasty) => texts[texts.indexOf(`begin ${name}`) + 1]
  assert.equal(of('colour'), '\x1b[31mred\x1b[0m')
  assert.equal(of('progress'), 'done')
  assert.equal(of('clipboard'), '\x1b]52;c;cm0gLXJmIC8=\x07clip')
  assert.equal(of('utf8'), 'bad \ufffd\ufffd bytes')
  assert.equal(of('nul'), 'nul \0 byte')
  assert.equal(of('indented'), ' @nix {"action":"setPhase","phase":"notAPhase"}')
  assert.equal(texts.filter((t) => /^[ \d]+$/.test(t)).join('').length, longChars, 'nothing of a long line is lost')
  assert.equal(texts.at(-1), 'the end')
  assert.deepEqual(
    (await firn.client.firn.logPhases({ id: logId })).map((phase) => phase.name),
    ['hostile<b>Phase'],
  )

  await using opened = await openBrowser()
  const page = await (await opened.browser.newContext({ viewport: { width: 1280, height: 2000 } })).newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  await page.goto(`${firn.url}/accounts/local/local/derivations/${encodeURIComponent(drv)}/log`)
  await page.getByText('begin colour').waitFor()
  const shown = await page.locator('section[aria-label=Log] code').allTextContents()
  const shows = (name: keyof typeof nasty) => shown[shown.indexOf(`begin ${name}`) + 1]
  assert.deepEqual(
    (['colour', 'title', 'clipboard', 'link', 'unended', 'bidi', 'invisible', 'nul', 'stream'] as const).map(shows),
    [
      'red',
      'title',
      'clip',
      'link',
      '0;never ended',
      'evil\ufffdtxt.exe',
      'pass\ufffdword',
      'nul  byte',
      'data: {"done":true}',
    ],
  )
  assert.equal(shows('html'), nasty.html)
  assert.equal(await page.locator('img[src=x], main script, a[href^=javascript]').count(), 0)
  assert.notEqual(await page.title(), '1')
  await page.getByRole('button', { name: 'hostile<b>Phase' }).first().waitFor()
  assert.deepEqual(problems, [])
})

test('4.7.3 a line at which Nix ends the build is the failure of the derivation, told once and in words, below what was printed', async () => {
  const line = '@nix {"action":"start","id":1,"level":0,"type":101,"text":"x","fields":[[]]}'
  const { drv, status, because, accountId } = await build(`echo before\necho '${line}'\necho out > $out`)
  assert.equal(status, 'BuildFailure')
  assert.match(because, /does not accept it: the builder printed a line that begins with @nix and is not a log message/)
  const { lines } = await firn.client.derivations.logLines({ id: accountId, drv })
  const texts = lines.map(({ t }) => t)
  assert.ok(texts.indexOf('before') < texts.findLastIndex((t) => t.includes('unsupported JSON type')), texts.join('\n'))
})
