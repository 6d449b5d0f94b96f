type Props = { i: number; className: string | undefined; onPick: (line: number, extend: boolean) => void }

/** The number of a line, which is its address: a click picks it where it stands, with shift as the end of a range. */
export function LineNumber({ i, className, onPick }: Props) {
  return (
    <a
      href={`#L${i + 1}`}
      tabIndex={-1}
      className={className}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey) return
        event.preventDefault()
        onPick(i, event.shiftKey)
      }}
    >
      {i + 1}
    </a>
  )
}
