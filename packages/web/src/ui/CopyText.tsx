import { CopyButton, UnstyledButton } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './copy.module.css'

type Props = { text: string; label: string; children: ReactNode }

/** Shows something short and copies something whole. Without permission to copy, the whole text is the tooltip. */
export function CopyText({ text, label, children }: Props) {
  return (
    <CopyButton value={text} timeout={1500}>
      {({ copied, copy }) => (
        <UnstyledButton className={classes.text} onClick={copy} title={`copy ${label}`}>
          <span className="visually-hidden">copy </span>
          {copied ? 'copied' : children}
        </UnstyledButton>
      )}
    </CopyButton>
  )
}

/** A command or a file to copy, as a block. */
export function CopyBlock({ text, label }: { text: string; label: string }) {
  return (
    <div className={classes.block}>
      {/* biome-ignore lint/a11y: long lines scroll, and what scrolls must be reachable by keyboard */}
      <pre tabIndex={0} role="group" aria-label={label}>
        {text}
      </pre>
      <CopyText text={text} label={label}>
        <span aria-hidden="true">copy</span>
        <span className="visually-hidden">{label}</span>
      </CopyText>
    </div>
  )
}
