/** The name that an address proposes: its last part, without `.git`. */
export function nameFrom(url: string): string {
  const last = url.trim().replace(/\/+$/, '').split('/').at(-1) ?? ''
  return url.includes('://') ? last.replace(/\.git$/, '').replace(/[^A-Za-z0-9._-]/g, '') : ''
}

/** How a script tells Firn that something moved; the secret comes from its environment. */
export function pokeScript(url: string): string {
  return [
    `time=$(date +%s) body='{}'`,
    `signature=$(printf '%s.%s' "$time" "$body" | openssl dgst -sha256 -hmac "$FIRN_POKE_SECRET" -r | cut -d' ' -f1)`,
    `curl --fail -X POST -H "X-Firn-Timestamp: $time" -H "X-Firn-Signature: sha256=$signature" -d "$body" \\`,
    `  ${url}`,
  ].join('\n')
}
