/** An agent as a process of its own, to be killed by tests. Arguments: the configuration as JSON, the bin folder of Nix. */
import { openLog } from '@firn/base/log'
import { inspectNix } from '@firn/nix/nix-installation'
import { runAgent } from '../app.ts'

const [config = '', binDir = ''] = process.argv.slice(2)
const found = await inspectNix(binDir)
if (!found.ok) throw new Error(found.reason)
const end = await runAgent({
  config: JSON.parse(config),
  nix: found.nix,
  log: openLog('info'),
  signal: new AbortController().signal,
})
if (!end.ok) process.stdout.write(`${end.reason}\n`)
