/**
 * Nix's own base 32: the alphabet leaves out e, o, u and t, and the digits run from the last byte to the first.
 * Authority: the Nix manual, "Store path" and "Nix32 encoding".
 */
const alphabet = '0123456789abcdfghijklmnpqrsvwxyz'
const digitOf = new Map([...alphabet].map((letter, digit) => [letter, digit]))

/** How many Nix base-32 digits `bytes` bytes take: 32 for a store path's 20 bytes, 52 for sha256. */
export function nix32Length(bytes: number): number {
  return Math.ceil((bytes * 8) / 5)
}

/** Bytes to Nix base 32. */
export function encodeNix32(bytes: Uint8Array): string {
  let text = ''
  for (let n = nix32Length(bytes.length) - 1; n >= 0; n--) {
    const bit = n * 5
    const at = bit >> 3
    const low = bit & 7
    const digit = ((bytes[at] ?? 0) >> low) | ((bytes[at + 1] ?? 0) << (8 - low))
    text += alphabet[digit & 31]
  }
  return text
}

/** Nix base 32 to bytes; `undefined` for foreign letters, an impossible length, or spare bits that are not zero. */
export function decodeNix32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8))
  if (nix32Length(bytes.length) !== text.length) return undefined
  for (let n = 0; n < text.length; n++) {
    const digit = digitOf.get(text[text.length - n - 1] ?? '')
    if (digit === undefined) return undefined
    const bit = n * 5
    const at = bit >> 3
    const wide = digit << (bit & 7)
    if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) | (wide & 255)
    const over = wide >> 8
    if (at + 1 < bytes.length) bytes[at + 1] = (bytes[at + 1] ?? 0) | over
    else if (over !== 0) return undefined
  }
  return bytes
}
