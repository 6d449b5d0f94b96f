/**
 * Evaluation against one plain `nix-instantiate` pass over the same good attributes, both writing new .drv files.
 *
 *   node packages/nix/bench/evaluation.ts [rounds] [tree …]        FIRN_TEST_NIX adds Nix versions
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEvaluation } from '../src/evaluator/evaluation.ts'
import { randomSalt, type TestNix, testNixes, testStore } from '../test/nixes.ts'
import { CpuSampler } from './measure.ts'
import { writePackageSet, writeSynthetic } from './trees.ts'

type Run = { wall: number; cpu: number; peakMb: number }
type OurRun = Run & { first: number; daemon: number; node: number; good: number; bad: number }

function plainPass(nix: TestNix, file: string): Run {
  const command = [
    join(nix.nix.binDir, 'nix-instantiate'),
    file,
    '--argstr',
    'salt',
    randomSalt(),
    '--arg',
    'bad',
    'false',
  ]
  const ran = spawnSync('/usr/bin/time', ['-f', '%e %U %S %M', ...command], {
    env: nix.env,
    maxBuffer: 1e9,
    encoding: 'utf8',
  })
  if (ran.status !== 0) throw new Error(ran.stderr.slice(-2000))
  const printed = ran.stderr.trim().split('\n').at(-1) ?? ''
  const [wall = 0, user = 0, system = 0, kilobytes = 0] = printed.split(' ').map(Number)
  return { wall, cpu: user + system, peakMb: kilobytes / 1024 }
}

const describe = `v: if builtins.isAttrs v then
    if (v.type or null) == "derivation" then {
      drvPath = builtins.unsafeDiscardStringContext v.drvPath; inherit (v) name system; outputs = v.outputs or [ "out" ];
    } else { names = builtins.attrNames v; }
  else { type = builtins.typeOf v; }`

async function ours(nix: TestNix, file: string): Promise<OurRun> {
  const { store } = await testStore(nix)
  const program = `{ root = import ${file} { salt = "${randomSalt()}"; bad = true; }; child = v: n: v.\${n}; describe = ${describe}; }`
  const sampler = new CpuSampler()
  const before = process.cpuUsage()
  const began = performance.now()
  let first = 0
  let good = 0
  let bad = 0
  await using evaluation = await openEvaluation({
    nix: nix.nix,
    store: store.address,
    program,
    settings: {},
    sandbox: { sources: [join(file, '..')], network: false, scratchBytes: 100_000_000 },
    on: (notice) => {
      if (notice.kind === 'failed') bad++
      if (notice.kind !== 'described' || !isRecord(notice.description) || !('drvPath' in notice.description)) return
      first ||= performance.now() - began
      good++
    },
  })
  const end = await evaluation.walk([[]], (path, description) => {
    const names = isRecord(description) && Array.isArray(description.names) ? description.names : []
    return names.filter((name) => name !== 'recurseForDerivations').map((name) => [...path, String(name)])
  })
  const wall = (performance.now() - began) / 1000
  const used = process.cpuUsage(before)
  const { evaluator, daemon, peakMb } = sampler.stop()
  if (end.how !== 'finished') throw new Error(JSON.stringify(end))
  return { wall, cpu: evaluator, daemon, node: (used.user + used.system) / 1e6, first, peakMb, good, bad }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

const rounds = Number(process.argv[2] ?? 3)
const wanted = process.argv.slice(3)
const folder = mkdtempSync(join(tmpdir(), 'firn-bench-'))
const trees = [
  ['synthetic-2000', () => writeSynthetic(folder, 2000)],
  ['synthetic-20000', () => writeSynthetic(folder, 20000)],
  ['package-set-3000', () => writePackageSet(folder, 3000)],
] as const
console.log('ratios to the plain pass; cpu = evaluator, in brackets with the daemon, and with our own Node as well')
for (const [name, write] of trees) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const file = write()
  for (const nix of await testNixes()) {
    const plain: Run[] = []
    const our: OurRun[] = []
    for (let round = 0; round < rounds; round++) {
      plain.push(plainPass(nix, file))
      our.push(await ours(nix, file))
    }
    const p = {
      wall: median(plain.map((r) => r.wall)),
      cpu: median(plain.map((r) => r.cpu)),
      peakMb: median(plain.map((r) => r.peakMb)),
    }
    const o = (pick: (run: OurRun) => number) => median(our.map(pick))
    const ratio = (value: number, base: number) => (value / base).toFixed(2)
    console.log(
      [
        `${name} ${nix.nix.version.text}`.padEnd(26),
        `plain ${p.wall.toFixed(2)} s, cpu ${p.cpu.toFixed(2)} s, ${p.peakMb.toFixed(0)} MB`,
        `ours ${o((r) => r.wall).toFixed(2)} s = ${ratio(
          o((r) => r.wall),
          p.wall,
        )} x`,
        `cpu ${ratio(
          o((r) => r.cpu),
          p.cpu,
        )} x (${ratio(
          o((r) => r.cpu + r.daemon),
          p.cpu,
        )}, ${ratio(
          o((r) => r.cpu + r.daemon + r.node),
          p.cpu,
        )})`,
        `node ${o((r) => r.node).toFixed(2)} s`,
        `first ${o((r) => r.first).toFixed(0)} ms`,
        `memory ${ratio(
          o((r) => r.peakMb),
          p.peakMb,
        )} x`,
        `${our[0]?.good} good, ${our[0]?.bad} failed`,
      ].join(' | '),
    )
  }
}
rmSync(folder, { recursive: true, force: true })
