import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const styles = fileURLToPath(import.meta.resolve('@mantine/core/styles/Button.css')).replace('Button.css', '')

test('every part of Mantine that a page uses has its styles', async () => {
  const main = await readFile(`${import.meta.dirname}/main.tsx`, 'utf8')
  const missing = new Set<string>()
  for await (const file of glob('**/*.tsx', { cwd: import.meta.dirname })) {
    const text = await readFile(`${import.meta.dirname}/${file}`, 'utf8')
    const names = /import \{([^}]*)\} from '@mantine\/core'/.exec(text)?.[1]?.split(',') ?? []
    for (const name of names.map((word) => word.trim()))
      if (existsSync(`${styles}${name}.css`) && !main.includes(`'@mantine/core/styles/${name}.css'`)) missing.add(name)
  }
  assert.deepEqual([...missing], [])
})
