import { readdirSync, readFileSync } from 'node:fs'

/** Processes of this machine whose command line or environment holds a text. */
export function processesWith(text: string): string[] {
  return readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && (read(pid, 'cmdline') + read(pid, 'environ')).includes(text),
  )
}

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
