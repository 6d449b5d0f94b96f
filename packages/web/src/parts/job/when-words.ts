import type { When } from '@firn/contract/agent/evaluate-event'

const two = (n: number) => String(n).padStart(2, '0')

/** When a schedule is due, in words (hercules-ci.md 1.11.8); what is left open is the server's choice. Times are UTC. */
export function wordWhen({ minute, hour, dayOfWeek, dayOfMonth }: When): string {
  const days = [
    dayOfWeek && `on ${dayOfWeek.join(', ')}`,
    dayOfMonth && `on day ${dayOfMonth.join(', ')} of the month`,
  ].filter((it) => typeof it === 'string')
  return [days.length === 0 ? 'every day' : days.join(' and '), wordTime(minute, hour)].join(' ')
}

function wordTime(minute: When['minute'], hour: When['hour']): string {
  if (!hour) return typeof minute !== 'number' ? 'at a time that Firn chooses' : `at minute ${minute}`
  if (typeof minute !== 'number') return `in hour ${hour.map(two).join(', ')} UTC`
  return `at ${hour.map((it) => `${two(it)}:${two(minute)}`).join(', ')} UTC`
}
