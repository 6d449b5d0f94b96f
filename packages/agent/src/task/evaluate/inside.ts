/** Reading of a source by the agent itself, outside the evaluator's sandbox: a link that leads out of it is not followed. */
import { open, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'

/** The real path, when the file is a regular one inside the folder. */
async function regularFile(folder: string, file: string): Promise<string | undefined> {
  const root = await realpath(folder)
  const real = await realpath(join(folder, file)).catch(() => undefined)
  if (real === undefined || !real.startsWith(root + sep)) return undefined
  return (await stat(real)).isFile() ? real : undefined
}

export async function isFileInside(folder: string, file: string): Promise<boolean> {
  return (await regularFile(folder, file)) !== undefined
}

/** The first `maxBytes` of a file; undefined when there is no such file inside. */
export async function readInside(folder: string, file: string, maxBytes: number): Promise<string | undefined> {
  const real = await regularFile(folder, file)
  if (real === undefined) return undefined
  await using handle = await open(real)
  const buffer = Buffer.alloc(maxBytes)
  const { bytesRead } = await handle.read(buffer, 0, maxBytes, 0)
  return buffer.subarray(0, bytesRead).toString('utf8')
}
