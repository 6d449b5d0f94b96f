const grouped = new Intl.NumberFormat('en')
const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `50,000` */
export const wordCount = (n: number) => grouped.format(n)

/** `1 build`, `50,000 builds` */
export const wordNumber = (n: number, one: string, many = `${one}s`) => `${wordCount(n)} ${n === 1 ? one : many}`

/** `1.4 MiB` */
export function wordSize(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(sizes.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${sizes[power]}`
}
