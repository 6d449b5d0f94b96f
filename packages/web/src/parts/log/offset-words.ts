const two = (n: number) => String(n).padStart(2, '0')

/** Time since a log's start, of a width that lines up: `0:04.2`, `12:31.0`, `1:02:03`. */
export function wordOffset(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes >= 60) return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`
  return `${minutes}:${two(seconds % 60)}.${Math.floor((ms % 1000) / 100)}`
}
