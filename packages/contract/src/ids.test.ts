import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { z } from 'zod'
import { DrvPath, Id, Instant, Ref, Rev, StorePath } from './ids.ts'

const hash = 'ffddd4pcs2cshvngwcfpzbdrbij4vbv2'
const at = (name: string) => `/nix/store/${hash}-${name}`

type Case = { schema: z.ZodType; accepted: string[]; refused: string[] }

const cases: Record<string, Case> = {
  'Id is a UUID': {
    schema: Id,
    accepted: ['0193a5c0-7d1e-7f3a-9b52-3f1c2a7d9e04', '6f8c1f86-50c5-4f1e-a5f5-0d3f2a1b4c5d'],
    refused: ['', '1', '0193a5c07d1e7f3a9b523f1c2a7d9e04', '0193a5c0-7d1e-7f3a-9b52-3f1c2a7d9e0g', '../0193a5c0'],
  },
  'StorePath is directly below /nix/store': {
    schema: StorePath,
    accepted: [at('hello'), at('a'), at('0+._?=-Z'), at('hello.drv'), at('x'.repeat(211))],
    refused: [
      at(''),
      at('x'.repeat(212)),
      at('a/b'),
      at('a b'),
      at('a\n'),
      at('ü'),
      at("a'b"),
      `/nix/store/${hash}`,
      `/nix/store/${hash.slice(1)}-a`,
      `/nix/store/e${hash.slice(1)}-a`,
      `/nix/store/../${hash}-a`,
      `nix/store/${hash}-a`,
      ` ${at('a')}`,
    ],
  },
  'DrvPath ends in .drv': {
    schema: DrvPath,
    accepted: [at('hello.drv'), at('hello-1.0.drv'), at(`${'x'.repeat(207)}.drv`)],
    refused: [
      at('hello'),
      at('hello.drv.'),
      at('hello.drv\n'),
      at('hello.drv/x'),
      at('hellodrv'),
      at(`${'x'.repeat(208)}.drv`),
    ],
  },
  'Rev is the full name of a commit': {
    schema: Rev,
    accepted: ['4f0c2ad1b6de8c5b0a3f7e9d1c2b3a4958677685', 'a'.repeat(64)],
    refused: ['4f0c2ad', 'a'.repeat(41), 'A'.repeat(40), `${'a'.repeat(39)}g`, '--all', 'HEAD', ''],
  },
  'Ref is a full name': {
    schema: Ref,
    accepted: ['refs/heads/main', 'refs/tags/v1.0', 'refs/heads/feat/x', 'refs/pull/12/merge', 'refs/heads/ü'],
    refused: [
      'main',
      'refs/',
      'refs',
      'heads/main',
      'refs/heads/a b',
      'refs/heads/a:b',
      'refs/heads/a^',
      'refs/heads/*',
      '',
    ],
  },
  '4.4.12 Instant is ISO 8601 with a zone': {
    schema: Instant,
    accepted: ['2026-03-05T06:07:08Z', '2026-03-05T06:07:08.123456789Z', '2026-03-05T06:07:08+01:00'],
    refused: ['2026-03-05', '2026-03-05T06:07:08', '2026-13-05T06:07:08Z', '2026-03-05 06:07:08Z', 'now', ''],
  },
}

for (const [title, { schema, accepted, refused }] of Object.entries(cases))
  test(title, () => {
    for (const text of accepted) assert.equal(schema.safeParse(text).success, true, text)
    for (const text of refused) assert.equal(schema.safeParse(text).success, false, JSON.stringify(text))
  })
