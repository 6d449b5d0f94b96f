/** Statements about the settings of an evaluator (hercules-ci.md 1.12). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluatorEnvironment, evaluatorSettings } from '../task/evaluate/settings.ts'

const plain = { checkout: '/work/arg-src/repo', flake: undefined, inputs: {} }

test('1.12.1, 1.12.2, 1.12.7 restricted, not pure; fetchers by https and ssh only; flakes are on', () => {
  const settings = evaluatorSettings(plain, undefined)
  assert.equal(settings['restrict-eval'], 'true')
  assert.equal(settings['pure-eval'] ?? 'false', 'false')
  assert.deepEqual(settings['allowed-uris']?.split(' '), [
    'ssh://',
    'https://',
    'git+ssh://',
    'git+https://',
    'github:',
    'gitlab:',
    'sourcehut:',
  ])
  assert.match(settings['experimental-features'] ?? '', /\bflakes\b/)
})

test('1.12.5 of the environment an evaluator has what is listed, never what changes Nixpkgs', () => {
  const environment = evaluatorEnvironment({
    PATH: '/bin',
    https_proxy: 'http://proxy:3128',
    NIXPKGS_ALLOW_UNFREE: '1',
    NIXOS_CONFIG: '/etc/nixos',
    IN_NIX_SHELL: 'pure',
    NIX_PATH: 'nixpkgs=/nowhere',
    TOKEN: 'secret',
  })
  const kept = Object.keys(environment).filter((name) => !name.startsWith('GIT_'))
  assert.deepEqual(kept.sort(), ['PATH', 'https_proxy'])
})

test('1.12.6 Git of an evaluator fetches by https, ssh and from files only', () => {
  const environment = evaluatorEnvironment({})
  const entries = Array.from({ length: Number(environment.GIT_CONFIG_COUNT) }, (_, i) => [
    environment[`GIT_CONFIG_KEY_${i}`],
    environment[`GIT_CONFIG_VALUE_${i}`],
  ])
  const protocols = entries.filter(([key]) => key?.startsWith('protocol.'))
  assert.deepEqual(protocols, [
    ['protocol.allow', 'never'],
    ['protocol.https.allow', 'always'],
    ['protocol.ssh.allow', 'always'],
    ['protocol.file.allow', 'always'],
  ])
})
