import { client } from '../../api/client.ts'
import { plainLog } from './clean.ts'

const linesEach = 5000

/** Fetches a whole log as plain text, a part after the other, and hands it to the browser to save. */
export async function downloadLog(
  id: string,
  fileName: string,
  onLine: (line: number, total: number) => void,
): Promise<void> {
  const parts: string[] = []
  for (let from = 0; ; ) {
    const { lines, total } = await client.firn.logWindow({ id, from, count: linesEach })
    parts.push(lines.map((line) => `${plainLog(line.t)}\n`).join(''))
    from += lines.length
    onLine(from, total)
    if (lines.length === 0 || from >= total) break
  }
  const url = URL.createObjectURL(new Blob(parts, { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = fileName
  link.click()
  URL.revokeObjectURL(url)
}
