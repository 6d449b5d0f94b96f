import { LogTail } from '../log/LogTail.tsx'
import type { LogStore } from '../log/log-store.ts'
import { useLog, useLogSnapshot } from '../log/use-log.ts'

const tailLines = 20

type Props = { logId: string; logPage: string; live: boolean }

/** The last lines of a log, live while it is written. */
export function TailOfLog({ logId, logPage, live }: Props) {
  const store = useLog(logId)
  return store ? <Tail store={store} logPage={logPage} live={live} /> : null
}

function Tail({ store, logPage, live }: { store: LogStore; logPage: string; live: boolean }) {
  const { total, opened, error } = useLogSnapshot(store)
  if (!opened) return <p className="dim">{error === undefined ? 'Loading …' : 'The log can not be had now.'}</p>
  if (total === 0) return <p className="dim">{live ? 'Nothing written so far.' : 'The log is empty.'}</p>
  const lines = Array.from({ length: Math.min(tailLines, total) }, (_, k) =>
    store.line(total - Math.min(tailLines, total) + k),
  )
  return <LogTail lines={lines.filter((line) => line !== undefined)} logPage={logPage} />
}
