import type { Retention } from '@firn/contract/api/operations'

/** Days as they stand in fields; an empty one keeps for ever. */
export type DaysText = Record<keyof Retention, string>

const show = (days: number | null) => (days === null ? '' : String(days))

export function showDays({ jobDays, logDays, failureDays }: Retention): DaysText {
  return { jobDays: show(jobDays), logDays: show(logDays), failureDays: show(failureDays) }
}

/** @returns undefined while a field is not a number of days */
export function readDays(text: DaysText): Retention | undefined {
  if (Object.values(text).some((field) => fieldProblem(field) !== null)) return undefined
  return { jobDays: read(text.jobDays), logDays: read(text.logDays), failureDays: read(text.failureDays) }
}

export function fieldProblem(field: string): string | null {
  const days = read(field)
  if (days === null) return null
  return Number.isInteger(days) && days >= 1 && days <= 36_500 ? null : 'A number of days, at least 1; or empty.'
}

const read = (field: string) => (field.trim() === '' ? null : Number(field))
