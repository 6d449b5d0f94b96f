import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder, removeLeftFolders } from './folders.ts'

test('folders of processes that are gone are removed, those of living ones stay', async () => {
  for (const kind of ['eval', 'local'] as const) {
    const own = await makeFolder(kind)
    const { pid } = spawnSync('true')
    const left = join(tmpdir(), `firn-${kind}-${pid}-gone`)
    await mkdir(left, { recursive: true })
    await removeLeftFolders()
    assert.deepEqual([existsSync(left), existsSync(own)], [false, true])
    await rm(own, { recursive: true })
  }
})
