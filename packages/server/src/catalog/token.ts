import { createHash, createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Bearer tokens. All are shaped like a JWT, since agents read the payload (hercules-ci.md 4.2.3, 4.3.5); none is
 * trusted for what it says. Two kinds:
 * stored tokens end in random bytes, and the database holds their SHA-256;
 * task tokens end in a MAC by the installation's key and are stored nowhere: they can be made again from the task.
 */

/** A new stored token: shown once, kept as a hash. */
export function makeToken(claims: object): { token: string; hash: Buffer } {
  const token = `${head(claims)}.${randomBytes(32).toString('base64url')}`
  return { token, hash: hashToken(token) }
}

export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** What a task token is good for. */
export type TaskTokenUse = 'log' | 'source' | 'clone'

/** A token for one use by one task; the same task and use give the same token. */
export function makeTaskToken(key: Buffer, use: TaskTokenUse, taskId: string): string {
  const text = head({ sub: `${use}$${taskId}` })
  return `${text}.${mac(key, text).toString('base64url')}`
}

/** The task that a token was made for, if it was made by this installation for this use. */
export function checkTaskToken(key: Buffer, use: TaskTokenUse, token: string): string | undefined {
  const cut = token.lastIndexOf('.')
  const text = token.slice(0, Math.max(0, cut))
  const given = Buffer.from(token.slice(cut + 1), 'base64url')
  const right = mac(key, text)
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
  const subject = subjectOf(text)
  return subject?.startsWith(`${use}$`) ? subject.slice(use.length + 1) : undefined
}

const header = Buffer.from('{"typ":"JWT","alg":"HS256"}').toString('base64url')

function head(claims: object): string {
  return `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
}

const prepared = new WeakMap<Buffer, KeyObject>()

/** To make a key ready costs more than a short text's MAC. */
function mac(key: Buffer, text: string): Buffer {
  const ready = prepared.get(key) ?? createSecretKey(key)
  prepared.set(key, ready)
  return createHmac('sha256', ready).update(text).digest()
}

/** Only ever called on text whose MAC is right, so it parses. */
function subjectOf(text: string): string | undefined {
  const claims: unknown = JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString())
  return typeof claims === 'object' && claims !== null && 'sub' in claims ? String(claims.sub) : undefined
}
