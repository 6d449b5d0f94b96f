import { execFile, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * The environment of every Git process: nothing of ours but `PATH`, and no configuration of the machine or the user,
 * which could name hooks or helpers.
 */
export function gitEnv(searchPath: string): Record<string, string> {
  return {
    PATH: searchPath,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    HOME: '/nonexistent',
    LC_ALL: 'C.UTF-8',
    // Repositories of a state folder that was copied or is mounted may belong to another user.
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
  }
}

export type Git = {
  /** Runs Git in a repository; answers its output. @throws with Git's own words when it fails */
  run(repository: string, args: string[]): Promise<string>
  /** Runs Git in a repository for its output as a stream, which errors when Git fails. Git ends when it is closed. */
  stream(repository: string, args: string[]): Readable
  env: Record<string, string>
}

export function openGit(searchPath: string): Git {
  const env = gitEnv(searchPath)
  return {
    env,
    async run(repository, args) {
      const { stdout } = await run('git', ['-C', repository, ...args], { env, maxBuffer: 64 * 1024 * 1024 })
      return stdout
    },
    stream(repository, args) {
      const child = spawn('git', ['-C', repository, ...args], { env, stdio: ['ignore', 'pipe', 'ignore'] })
      child.once('error', (error) => child.stdout.destroy(error))
      child.once('exit', (code) => {
        if (code !== 0) child.stdout.destroy(new Error(`git ${args[0]} ended with ${code}`))
      })
      child.stdout.once('close', () => child.kill())
      return child.stdout
    },
  }
}
