import { pages } from '@firn/contract/paths'
import type { Accepted } from './accept-refs.ts'

/** What the one who pushes reads in the push's own output: where to watch. */
export function pushAnswer(accepted: Accepted | undefined, publicUrl: string): string {
  if (accepted === undefined || accepted.jobs.length === 0) return 'Firn: nothing new to do.\n'
  const { site, account, slug } = accepted.project
  const at = { site, account, project: slug }
  return [
    '',
    'Firn: watch it at',
    ...accepted.jobs.map((job) => `  ${publicUrl}${pages.job(at, job.index)}  (${job.ref})`),
    '',
    '',
  ].join('\n')
}
