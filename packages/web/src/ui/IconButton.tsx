import type { ReactNode } from 'react'
import classes from './icon-button.module.css'

type Props = { label: string; onClick: () => void; pressed?: boolean; children: ReactNode }

/** A small square button whose name is told by its label. */
export function IconButton({ label, onClick, pressed, children }: Props) {
  return (
    <button
      type="button"
      className={classes.tool}
      onClick={onClick}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
    >
      {children}
    </button>
  )
}
