/** `session.key`: the session token, so that a restart continues the session (hercules-ci.md 4.2.1). */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** The text with which a file says that there is no session. */
const placeholder = 'x'

export async function readSession(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const token = text.trim()
  return token === '' || token === placeholder ? undefined : token
}

/** Mode 0600 in a folder of mode 0700; complete or not there at all, also after a power cut. */
export async function writeSession(file: string, token: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const temporary = `${file}.new`
  await rm(temporary, { force: true })
  {
    await using handle = await open(temporary, 'wx', 0o600)
    await handle.writeFile(token)
    await handle.sync()
  }
  await rename(temporary, file)
}

export async function forgetSession(file: string): Promise<void> {
  await rm(file, { force: true })
}
