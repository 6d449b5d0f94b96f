import { type Import, type Source, targetOf } from './sources.ts'

type PackageRule = {
  /** Packages of ours that it may import. */
  ours: readonly string[]
  /** Installed packages; `any` where package.json alone decides. */
  installed: readonly string[] | 'any'
  /** Whether it may use what comes with Node. */
  node: boolean
}

const everything = ['contract', 'core', 'base', 'nix', 'agent', 'server', 'web', 'cli', 'testkit']

/** Who may import whom (ARCHITECTURE.md, "Packages"). */
const packageRules: Record<string, PackageRule> = {
  contract: { ours: [], installed: ['zod', '@orpc/contract'], node: false },
  core: { ours: ['contract'], installed: [], node: false },
  base: { ours: [], installed: 'any', node: true },
  nix: { ours: ['base'], installed: 'any', node: true },
  agent: { ours: ['contract', 'core', 'base', 'nix'], installed: 'any', node: true },
  server: { ours: ['contract', 'core', 'base', 'nix'], installed: 'any', node: true },
  web: { ours: ['contract', 'core'], installed: 'any', node: false },
  cli: { ours: ['contract', 'core', 'base', 'nix', 'agent', 'server', 'web'], installed: 'any', node: true },
  testkit: { ours: everything, installed: 'any', node: true },
}

/** The parts of `nix` that are formats only: the server never starts Nix nor speaks to it. */
const nixFormats = ['store-path', 'nix32', 'narinfo', 'nar', 'derivation', 'derivation-parser']

/** Packages import what their reason to exist allows; tests may also import the testkit and Node. */
export function foreignImports(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    source.imports.flatMap((each) => {
      const because = refusal(source, each)
      return because === undefined ? [] : [`${source.path} imports ${each.specifier}: ${because}`]
    }),
  )
}

function refusal(source: Source, each: Import): string | undefined {
  const rule = packageRules[source.package]
  if (rule === undefined) return `package ${source.package} has no rule`
  const target = targetOf(source, each)
  if (target !== undefined) return refuseOurs(source, rule, { target, isType: each.kind === 'type' })
  if (source.isTest) return undefined
  if (each.specifier.startsWith('node:')) return rule.node ? undefined : `${source.package} does not use Node`
  const name = each.specifier.split('/', each.specifier.startsWith('@') ? 2 : 1).join('/')
  const installed = rule.installed === 'any' || rule.installed.includes(name)
  return installed ? undefined : `${source.package} depends on ${list(rule.installed)} only`
}

function refuseOurs(source: Source, rule: PackageRule, { target, isType }: { target: string; isType: boolean }) {
  const [name = ''] = target.split('/')
  if (name === source.package) return undefined
  if (name === 'testkit') return source.isTest ? undefined : 'only tests import the testkit'
  if (!rule.ours.includes(name)) return `${source.package} may import ${list(rule.ours)} of ours`
  if (source.isTest) return undefined
  if (source.package === 'core' && !isType) return 'core imports types only'
  const format = target.slice('nix/src/'.length, -'.ts'.length)
  if (source.package === 'server' && name === 'nix' && !nixFormats.includes(format))
    return 'of nix, the server imports formats only'
  return undefined
}

function list(names: readonly string[] | 'any'): string {
  return names.length === 0 || names === 'any' ? 'nothing' : names.join(', ')
}
