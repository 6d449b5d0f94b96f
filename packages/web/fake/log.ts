import type { LogCut, LogLine, PhaseStart } from '@firn/contract/api/log'

/** A log that knows how to tell any line, so that a million of them cost nothing. */
export type FakeLog = {
  total: number
  done: boolean
  line: (i: number) => LogLine
  phases: PhaseStart[]
  cut?: LogCut
}

export function logOf(
  texts: readonly (string | { t: string; phase: string })[],
  done = true,
): FakeLog & { texts: LogLine[] } {
  const texts_ = texts.map((it, i) => (typeof it === 'string' ? { i, ms: i * 40, t: it } : { i, ms: i * 40, ...it }))
  return {
    texts: texts_,
    get total() {
      return texts_.length
    },
    done,
    get phases() {
      return texts_.flatMap(({ i, ...it }) => ('phase' in it && it.phase ? [{ i, name: it.phase }] : []))
    },
    line: (i) => texts_[i] ?? { i, ms: 0, t: '' },
  }
}

const colours = [
  '\x1b[32mok\x1b[0m',
  '\x1b[1;34m   Compiling\x1b[0m',
  '\x1b[33mwarning\x1b[0m: unused',
  '\x1b[2mtrace\x1b[0m',
]
const phases = ['unpackPhase', 'patchPhase', 'configurePhase', 'buildPhase', 'checkPhase', 'installPhase']

/** Coloured lines with six phases of the same length. */
export function longLog(total: number): FakeLog {
  const each = Math.ceil(total / phases.length)
  return {
    total,
    done: true,
    phases: phases.map((name, at) => ({ i: at * each, name })),
    line: (i) => {
      const phase = i % each === 0 ? phases[i / each] : undefined
      const t = phase
        ? `\x1b[35mRunning phase: ${phase}\x1b[0m`
        : `${colours[i % colours.length]} crate-${i % 977} v0.${i % 13}.${i % 7} (/build/source/crates/crate-${i % 977}) step ${i}`
      return { i, ms: i * 3, t, ...(phase && { phase }) }
    },
  }
}

/** What a failing build of a small C program says. */
export const failingBuildLines = [
  { t: 'Running phase: unpackPhase', phase: 'unpackPhase' },
  'unpacking source archive /nix/store/8xk1wq6f3zj2v5n0y4c7r9d1b6h3m2p5-source',
  'source root is source',
  { t: 'Running phase: buildPhase', phase: 'buildPhase' },
  'build flags: SHELL=/nix/store/kx2m8y7q-bash/bin/bash',
  'gcc -O2 -c -o parse.o parse.c',
  '\x1b[1mparse.c:\x1b[0m In function \x1b[1mread_header\x1b[0m:',
  "\x1b[1mparse.c:41:12: \x1b[31merror: \x1b[0mimplicit declaration of function '\x1b[1mstrlcpy\x1b[0m'; did you mean '\x1b[1mstrncpy\x1b[0m'? [\x1b[31m-Wimplicit-function-declaration\x1b[0m]",
  '   41 |     return \x1b[31mstrlcpy\x1b[0m(out, in, sizeof header);',
  '      |            \x1b[31m^~~~~~~\x1b[0m',
  '      |            \x1b[32mstrncpy\x1b[0m',
  'make: *** [Makefile:7: parse.o] Error 1',
]
