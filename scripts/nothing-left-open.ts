/**
 * Loaded before each file of tests: a file that leaves something open (a connection, a process, a timer) so long after its last test,
 * cleaning up included, fails with what it is, instead of hanging the run or being ended in silence.
 */
import { after } from 'node:test'

const patienceMs = 30_000

after(() => {
  const late = setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(', ')
    console.error(`Still open ${patienceMs / 1000} s after the last test: ${open}`)
    process.exit(1)
  }, patienceMs)
  late.unref()
})
