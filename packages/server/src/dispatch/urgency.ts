import { type Urgency, urgency } from '@firn/core/queue/match'

/** A column's value, as the database's check allows it. */
export function asUrgency(value: number): Urgency {
  return value === urgency.bumped || value === urgency.imported ? value : urgency.ordinary
}
