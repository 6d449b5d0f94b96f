import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Abilities, type Requirement, suits } from './suits.ts'

const agent = (platforms: string[], features: string[] = []): Abilities => ({ platforms, features })
const x86 = agent(['x86_64-linux', 'i686-linux'], ['kvm'])
const arm = agent(['aarch64-linux'], ['kvm', 'big-parallel'])
const mac = agent(['aarch64-darwin'])

const build = (platform: string, features: string[] = []): Requirement => ({ kind: 'build', platform, features })
const evaluation: Requirement = { kind: 'evaluate', platform: '', features: [] }

const builds: [what: string, task: Requirement, by: Abilities, expected: boolean][] = [
  ['its platform', build('x86_64-linux'), x86, true],
  ['an extra platform', build('i686-linux'), x86, true],
  ['another platform', build('aarch64-linux'), x86, false],
  ['a part of the name of a platform', build('x86_64'), x86, false],
  ['platform builtin', build('builtin'), mac, true],
  ['platform builtin with a feature it has not', build('builtin', ['kvm']), mac, false],
  ['a feature it has', build('x86_64-linux', ['kvm']), x86, true],
  ['a feature it has not', build('x86_64-linux', ['big-parallel']), x86, false],
  ['all features', build('aarch64-linux', ['big-parallel', 'kvm']), arm, true],
  ['one of two features', build('x86_64-linux', ['kvm', 'nixos-test']), x86, false],
]

for (const kind of ['build', 'effect'] as const)
  for (const [what, task, by, expected] of builds)
    test(`4.13.1 ${kind}: ${what}: ${expected ? 'suits' : 'does not suit'}`, () => {
      // Who else is online makes no difference to a build.
      for (const all of [[by], [x86, arm, mac]]) assert.equal(suits({ ...task, kind }, by, all), expected)
    })

test('4.13.2 an evaluation is for x86_64-linux while such an agent is online', () => {
  const all = [x86, arm, mac]
  assert.deepEqual(
    all.map((each) => suits(evaluation, each, all)),
    [true, false, false],
  )
})

test('4.13.2 else for any Linux agent, and never for another system', () => {
  const all = [arm, mac]
  assert.deepEqual(
    all.map((each) => suits(evaluation, each, all)),
    [true, false],
  )
  assert.equal(suits(evaluation, mac, [mac]), false)
})

test('4.13.2 platform and features of an evaluation are not looked at', () => {
  assert.equal(suits({ kind: 'evaluate', platform: 'riscv64-linux', features: ['kvm', 'moon'] }, x86, [x86]), true)
})
