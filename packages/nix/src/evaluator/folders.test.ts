import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeEvaluationFolder, removeLeftFolders } from './folders.ts'

test('folders of processes that are gone are removed, those of living ones stay', async () => {
  const own = await makeEvaluationFolder()
  const { pid } = spawnSync('true')
  const left = join(tmpdir(), `firn-eval-${pid}-gone`)
  await mkdir(left, { recursive: true })
  await removeLeftFolders()
  assert.deepEqual([existsSync(left), existsSync(own)], [false, true])
  await rm(own, { recursive: true })
})
