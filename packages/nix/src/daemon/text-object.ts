/** What the store will say of a text (a .drv file) that is added to it: path, NAR hash and size, computed here. */
import { createHash } from 'node:crypto'
import { encodeNix32 } from '../nix32.ts'
import { textStorePath } from '../store-path.ts'
import { Encoder, padded } from './wire.ts'

export type TextObject = { path: string; text: Buffer; references: string[] }

export function textObject(name: string, text: Buffer, references: string[]): TextObject {
  return { path: textStorePath(name, text, references), text, references }
}

const narHead = new Encoder()
  .string('nix-archive-1')
  .string('(')
  .string('type')
  .string('regular')
  .string('contents')
  .bytes()
const narEnd = new Encoder().string(')').bytes()

/** The daemon's answer to AddToStore for a text, without the marks around it. */
export function textObjectAnswer(object: TextObject): Buffer {
  const { text } = object
  const length = new Encoder().number(text.length).bytes()
  const padding = Buffer.alloc(padded(text.length) - text.length)
  const nar = createHash('sha256').update(narHead).update(length).update(text).update(padding).update(narEnd)
  const narSize = narHead.length + 8 + padded(text.length) + narEnd.length
  const ca = `text:sha256:${encodeNix32(createHash('sha256').update(text).digest())}`
  const answer = new Encoder()
    .string(object.path)
    .string('')
    .string(nar.digest('hex'))
    .strings([...object.references].sort())
  return answer
    .number(Math.floor(Date.now() / 1000))
    .number(narSize)
    .number(0)
    .strings([])
    .string(ca)
    .bytes()
}
