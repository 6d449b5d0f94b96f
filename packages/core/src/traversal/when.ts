/** The schedule of an onSchedule handler: ranges and names (hercules-ci.md 1.11.2–1.11.4). */
import type { When } from '@firn/contract/agent/evaluate-event'

/** As the repository gives it, types checked already; null is the same as absent. */
export type GivenWhen = {
  minute: number | null
  hour: number[] | null
  dayOfWeek: string[] | null
  dayOfMonth: number[] | null
}

export type CheckedWhen = { ok: true; when: When } | { ok: false; message: string }

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const
type Day = (typeof days)[number]

/** `at` is the attribute path that a message names. Refused with the messages of 1.11.3. */
export function checkWhen(given: GivenWhen, at: string): CheckedWhen {
  const dayOfWeek = given.dayOfWeek?.map((name) => days.find((day) => day.toLowerCase() === name.toLowerCase()))
  const problem =
    outOfRange('minute', given.minute === null ? null : [given.minute], [0, 59]) ??
    outOfRange('hour', given.hour, [0, 23]) ??
    wrongDay(given.dayOfWeek, dayOfWeek) ??
    outOfRange('dayOfMonth', given.dayOfMonth, [1, 31])
  if (problem !== undefined)
    return { ok: false, message: `Invalid value. ${problem.text}\n  in attribute ${at}.${problem.key}` }
  const { minute, hour, dayOfMonth } = given
  return {
    ok: true,
    when: { minute, hour, dayOfWeek: dayOfWeek?.filter((day) => day !== undefined) ?? null, dayOfMonth },
  }
}

type Problem = { key: string; text: string } | undefined

/** The published message says "month" where it means the day of it. */
const saidAs: Record<string, string> = { dayOfMonth: 'month' }

function outOfRange(key: string, values: number[] | null, [least, most]: [number, number]): Problem {
  if (values === null) return undefined
  if (values.length === 0) return { key, text: `${key} must not be an empty list.` }
  const wrong = values.find((value) => value < least || value > most)
  if (wrong === undefined) return undefined
  return { key, text: `${saidAs[key] ?? key} value ${wrong} is out of range [${least}..${most}].` }
}

function wrongDay(given: string[] | null, known: (Day | undefined)[] | undefined): Problem {
  const key = 'dayOfWeek'
  if (given === null || known === undefined) return undefined
  if (given.length === 0) return { key, text: 'dayOfWeek must not be an empty list.' }
  const wrong = given[known.indexOf(undefined)]
  if (wrong === undefined) return undefined
  return { key, text: `Expected an abbreviated day of week: ${days.join(', ')}. Actual: ${wrong}` }
}
