/** Which secrets an effect asks for (hercules-ci.md 3.4.4–3.4.5). */
export type SecretRef = { tag: 'SimpleSecret'; contents: { name: string } } | { tag: 'GitToken'; contents: [] }

export type SecretRefs = { ok: true; refs: Record<string, SecretRef> } | { ok: false; reason: string }

/** `env` is the environment of the effect's derivation; `parseJson` gives undefined for what is no JSON. */
export function readSecretRefs(env: Record<string, string>, parseJson: (text: string) => unknown): SecretRefs {
  const variable = env.secretsToUse === undefined ? 'secretsMap' : 'secretsToUse'
  const text = env[variable]
  if (text === undefined || text.trim() === '') return { ok: true, refs: {} }
  const map = parseJson(text)
  if (!isObject(map)) return { ok: false, reason: `Could not parse ${variable}: it is not a JSON object.` }
  const refs: Record<string, SecretRef> = {}
  for (const [destination, reference] of Object.entries(map)) {
    const read = readReference(reference)
    if (typeof read === 'string')
      return { ok: false, reason: `Could not parse secret reference ${variable}.${destination}, because ${read}` }
    refs[destination] = read
  }
  return { ok: true, refs }
}

function readReference(reference: unknown): SecretRef | string {
  if (typeof reference === 'string') return { tag: 'SimpleSecret', contents: { name: reference } }
  if (!isObject(reference)) return 'it is neither a string nor an attribute set.'
  const { type } = reference
  if (type === undefined) return 'it has no type attribute.'
  if (typeof type !== 'string') return 'the type is not a string.'
  return type === 'GitToken' ? { tag: 'GitToken', contents: [] } : 'the type is unknown; must be "GitToken".'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
