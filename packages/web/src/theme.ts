import { Button, createTheme, type MantineColorsTuple, TextInput } from '@mantine/core'

/** Ice blue, the one accent. Light pages use 7 for text (5.6 : 1 on white), dark ones 3. */
const ice: MantineColorsTuple = [
  '#eef8fd',
  '#dcf0f9',
  '#b5dff1',
  '#86cbe8',
  '#52b2da',
  '#2596c4',
  '#137ba8',
  '#0d668d',
  '#0b536f',
  '#093f54',
]

const size = '0.875rem'
const sans = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif'
const mono =
  'ui-monospace, "SF Mono", "Cascadia Code", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace'

/** One size for text, one for code; headings stand out by weight and room. */
export const theme = createTheme({
  colors: { ice },
  primaryColor: 'ice',
  primaryShade: { light: 7, dark: 7 },
  autoContrast: true,
  fontFamily: sans,
  fontFamilyMonospace: mono,
  fontSizes: { xs: size, sm: size, md: size, lg: size, xl: size },
  headings: {
    fontFamily: sans,
    fontWeight: '600',
    sizes: { h1: { fontSize: '1.25rem', lineHeight: '1.4' }, h2: { fontSize: size, lineHeight: '1.4' } },
  },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: Button.extend({ styles: { label: { fontWeight: 500 } } }),
    TextInput: TextInput.extend({ styles: { input: { background: 'var(--sheet)' } } }),
  },
})
