import { wordRefusal } from '../api/refusal.ts'
import classes from './refusal-note.module.css'

/** Below a button: what the server said against it, and the next step. */
export function RefusalNote({ error }: { error: Error | null }) {
  const refusal = error && wordRefusal(error)
  return (
    <div role="alert" className={classes.note}>
      {refusal && (
        <>
          {refusal.title}: {refusal.text} <span className="dim">{refusal.next}</span>
        </>
      )}
    </div>
  )
}
