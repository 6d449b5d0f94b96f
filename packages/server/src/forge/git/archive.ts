import type { Readable } from 'node:stream'
import type { Git } from './git.ts'

/**
 * A commit's files as a gzipped tar with one top folder, `name` (hercules-ci.md 1.2.1). No `.git`, no submodules.
 * The stream errors when Git fails.
 */
export function archive(git: Git, repository: string, { rev, name }: { rev: string; name: string }): Readable {
  const child = git.stream(repository, ['archive', '--format=tar.gz', `--prefix=${name}/`, rev])
  const stdout = child.stdout
  if (stdout === null) throw new Error('git archive has no output')
  child.stderr?.resume()
  child.once('error', (error) => stdout.destroy(error))
  child.once('exit', (code) => {
    if (code !== 0) stdout.destroy(new Error(`git archive ended with ${code}`))
  })
  stdout.once('close', () => child.kill())
  return stdout
}
