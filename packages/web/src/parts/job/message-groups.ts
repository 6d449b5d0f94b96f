import type { Message } from '@firn/contract/agent/evaluate-event'

/** Messages of one attribute that follow each other, as one text. */
export type MessageGroup = { key: number; typ: Message['typ']; path: readonly string[] | undefined; text: string }

/** Groups messages of one type, in their order; an error stands alone, traces of one attribute stand together. */
export function groupMessages(messages: readonly Message[]): MessageGroup[] {
  const groups: MessageGroup[] = []
  for (const { index, typ, message, expressionPath } of messages) {
    const last = groups.at(-1)
    if (last && typ === 'Trace' && isSame(last.path, expressionPath)) last.text += `\n${message}`
    else groups.push({ key: index, typ, path: expressionPath, text: message })
  }
  return groups
}

const isSame = (a: readonly string[] | undefined, b: readonly string[] | undefined) =>
  JSON.stringify(a) === JSON.stringify(b)
