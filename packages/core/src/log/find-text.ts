import { plainLog } from './clean.ts'

/** Whether a line holds a text as a person sees both: without colours and commands, whatever their case. */
export function makeFinder(search: string): (line: string) => boolean {
  const wanted = search.toLowerCase()
  if (wanted === '') return () => false
  return (line) => plainLog(line).toLowerCase().includes(wanted)
}
