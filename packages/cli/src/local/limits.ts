/** Limits of local evaluations: those of an agent's `[evaluation]` section, as options. */
import { boundsOf, type EvaluationBounds, type TellSetting } from '@firn/agent/task/evaluate/limits'
import { EvaluationSettings } from '@firn/contract/files/agent-config'

const names = Object.keys(EvaluationSettings.parse({}))

/** For `--help`. */
export const limitNames = names.join(', ')

export const tellOption: TellSetting = (setting) => `The limit is ${setting}: --limit ${setting}=NUMBER sets another.`

/** `NAME=NUMBER`, as often as there are limits to set. @throws with a sentence for the user */
export function parseLimits(texts: readonly string[]): EvaluationBounds {
  const read = EvaluationSettings.safeParse(Object.fromEntries(texts.map(parseLimit)))
  if (read.success) return boundsOf(read.data)
  const [issue] = read.error.issues
  throw new Error(`--limit ${issue?.path.join('.')} ${issue?.message}.`)
}

function parseLimit(text: string): [string, number] {
  const [, name = '', number] = /^(\w+)=(.+)$/.exec(text) ?? []
  if (number === undefined || Number.isNaN(Number(number))) throw new Error(`--limit must be NAME=NUMBER, not ${text}.`)
  if (!names.includes(name)) throw new Error(`--limit ${name} is none of the limits, which are ${limitNames}.`)
  return [name, Number(number)]
}
