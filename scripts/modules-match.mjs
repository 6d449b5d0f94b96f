// Says by its exit status whether node_modules holds what package-lock.json asks for (0) or not (1).
// npm keeps a record of what it has installed, node_modules/.package-lock.json; the two are compared entry by entry.
// Plain JavaScript, for any Node from 18 on: it runs before the packages are there.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = process.argv[2] ?? '.'

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages
  } catch {
    return undefined
  }
}

const libc = process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'

/** A package for another platform is in the lock and is not installed. */
function isForHere({ os = [process.platform], cpu = [process.arch], libc: wants = [libc] }) {
  return os.includes(process.platform) && cpu.includes(process.arch) && wants.includes(libc)
}

function same(wanted, installed) {
  return installed?.version === wanted.version && installed?.integrity === wanted.integrity
}

const wanted = packagesOf('package-lock.json') ?? {}
const installed = packagesOf('node_modules/.package-lock.json')
const matches =
  installed !== undefined &&
  Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true
    // Optional ones are missing for a good reason, but for those made for this very platform.
    if (installed[path] === undefined) return entry.optional === true && !(entry.os && isForHere(entry))
    return same(entry, installed[path])
  })
process.exitCode = matches ? 0 : 1
