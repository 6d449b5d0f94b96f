/** Runs benchmarks, one after the other: `npm run bench` all of them, `npm run bench build` those whose name begins so. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { glob } from 'node:fs/promises'
import { basename, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const wanted = process.argv.slice(2)
const found = (await Array.fromAsync(glob('packages/*/bench/*.ts', { cwd: root }))).sort()
const chosen = found.filter((file) => wanted.length === 0 || wanted.some((word) => basename(file).startsWith(word)))
if (chosen.length === 0) {
  console.error(`There is no such benchmark. There are: ${found.map((file) => basename(file, '.ts')).join(', ')}`)
  process.exitCode = 2
}
for (const file of chosen) {
  console.log(`\n== ${file}`)
  const [code] = await once(spawn(process.execPath, [join(root, file)], { stdio: 'inherit' }), 'exit')
  if (code !== 0) process.exitCode = 1
}
