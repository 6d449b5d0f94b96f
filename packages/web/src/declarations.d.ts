import 'react'

declare module 'react' {
  /** Lengths that our style sheets count with. */
  interface CSSProperties {
    '--depth'?: number
  }
}
