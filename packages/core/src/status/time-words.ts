const units = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1000 },
] as const

/** A duration in at most two units: `< 0.1 s`, `0.4 s`, `12 s`, `1 min 5 s`, `2 h 3 min`. Negative ones count as none. */
export function wordDuration(ms: number): string {
  if (ms > 0 && ms < 100) return '< 0.1 s'
  if (ms < 10_000 && ms % 1000 !== 0) return `${(Math.floor(Math.max(0, ms) / 100) / 10).toFixed(1)} s`
  const at = units.findIndex((unit) => ms >= unit.ms)
  const big = units[at]
  if (!big) return '0 s'
  const count = Math.floor(ms / big.ms)
  const small = units[at + 1]
  const rest = small ? Math.floor((ms - count * big.ms) / small.ms) : 0
  return small && rest > 0 ? `${count} ${big.name} ${rest} ${small.name}` : `${count} ${big.name}`
}

/** A duration without parts of a second, rounded down. */
export const wordSeconds = (ms: number) => wordDuration(Math.floor(ms / 1000) * 1000)

/** A duration where thousandths count: `12 ms` below a second, else as `wordDuration`. */
export function wordMs(ms: number): string {
  if (ms > 0 && ms < 1) return '< 1 ms'
  const whole = Math.round(ms)
  return whole < 1000 ? `${Math.max(0, whole)} ms` : wordDuration(whole)
}

/** How long ago, in one unit; a date after thirty days. */
export function wordAgo(then: string, now: number): string {
  const ms = now - Date.parse(then)
  if (ms < 5000) return 'just now'
  if (ms > 30 * units[0].ms) return then.slice(0, 10)
  const unit = units.find((it) => ms >= it.ms) ?? units[3]
  return `${Math.floor(ms / unit.ms)} ${unit.name} ago`
}

/** The exact instant, as a tooltip says it: `2026-11-22 15:49:48 UTC`. */
export function wordUtc(instant: string): string {
  const date = new Date(instant)
  return Number.isNaN(date.getTime()) ? instant : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
