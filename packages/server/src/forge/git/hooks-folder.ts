import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Writes the folder of hooks that all repositories share; Git is pointed to it by its environment. */
export async function makeHooksFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const hook = join(folder, 'post-receive')
  const script = join(import.meta.dirname, 'post-receive.ts')
  await writeFile(hook, `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(script)}\n`)
  await chmod(hook, 0o755)
}

const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`
