import type { Job } from '@firn/contract/api/job'
import { useId } from 'react'
import { firstLine, shortRef } from '../names.ts'
import { jobState } from '../state.ts'
import classes from './compare.module.css'

const messageMax = 50

type Props = { base: Job | undefined; jobs: readonly Job[]; onPick: (jobId: string) => void }

/** Chooses the job to compare with, among the newest of the same handler. */
export function BasePicker({ base, jobs, onPick }: Props) {
  const id = useId()
  const offered = base && !jobs.some((job) => job.id === base.id) ? [...jobs, base] : jobs
  if (offered.length === 0) return null
  return (
    <div className={classes.picker}>
      <label htmlFor={id}>Compare with</label>
      <select id={id} value={base?.id ?? ''} onChange={(event) => onPick(event.currentTarget.value)}>
        {!base && <option value="">choose a job</option>}
        {offered.map((job) => (
          <option key={job.id} value={job.id}>
            {optionWords(job)}
          </option>
        ))}
      </select>
    </div>
  )
}

function optionWords(job: Job): string {
  const message = firstLine(job.source.message)
  const short = message.length > messageMax ? `${message.slice(0, messageMax)}…` : message
  return `#${job.index} ${jobState(job)} · ${shortRef(job.source.ref)} · ${short}`
}
