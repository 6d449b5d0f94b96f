/** What the store will say of a text (a .drv file) that is added to it: path, NAR hash and size, computed here. */
import { hash } from 'node:crypto'
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
  const nar = Buffer.concat([narHead, length, text, padding, narEnd])
  const ca = `text:sha256:${encodeNix32(hash('sha256', text, 'buffer'))}`
  const answer = new Encoder()
    .string(object.path)
    .string('')
    .string(hash('sha256', nar, 'hex'))
    .strings([...object.references].sort())
  return answer
    .number(Math.floor(Date.now() / 1000))
    .number(nar.length)
    .number(0)
    .strings([])
    .string(ca)
    .bytes()
}
