import { useEffect, useState } from 'react'
import { isTyping } from '../../ui/keys.ts'

/** Narrower windows wrap long lines unless asked not to. */
const narrowPx = 640

/** Whether the end is followed and long lines are wrapped, by button or by `f` and `w`. */
export function useLogModes() {
  const [wrap, setWrap] = useState(() => window.innerWidth < narrowPx)
  const [follow, setFollow] = useState(false)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (event.key === 'f') setFollow((it) => !it)
      if (event.key === 'w') setWrap((it) => !it)
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  return { wrap, setWrap, follow, setFollow }
}
