import type { ReactNode } from 'react'
import { CopyBlock } from './CopyText.tsx'
import classes from './empty.module.css'

type Props = { title: string; children: ReactNode; command?: string | undefined }

/** What a list says when it has nothing: why, and what to do next, with the exact command. */
export function EmptyPage({ title, children, command }: Props) {
  return (
    <div className={classes.empty}>
      <p className={classes.title}>{title}</p>
      <div className="dim">{children}</div>
      {command && <CopyBlock text={command} label="the command" />}
    </div>
  )
}
