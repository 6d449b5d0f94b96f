import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { IconButton } from './IconButton.tsx'

/** Light or dark; until it is pressed, as the system says. */
export function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme()
  const other = useComputedColorScheme('light') === 'light' ? 'dark' : 'light'
  return (
    <IconButton label={`Show ${other}`} onClick={() => setColorScheme(other)}>
      <svg viewBox="0 0 16 16" width="15" height="15" aria-hidden="true">
        <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
        <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />
      </svg>
    </IconButton>
  )
}
