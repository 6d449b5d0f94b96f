/** Reads an option that counts something. @throws with a sentence for the user */
export function positiveNumber(option: string, text: string, max: number = Number.MAX_SAFE_INTEGER): number {
  const n = Number(text)
  if (/^\d+$/.test(text) && n >= 1 && n <= max) return n
  const range = max === Number.MAX_SAFE_INTEGER ? 'from 1 on' : `from 1 to ${max}`
  throw new Error(`${option} must be a number ${range}, not ${text}.`)
}
