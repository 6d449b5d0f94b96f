import { Id } from '@firn/contract/ids'
import { readPageAddress } from '@firn/contract/paths'

export type ProjectName = { site?: string; account?: string; project: string }

/** What somebody means by a job: its id, its number in a project, or the newest job of a project. */
export type JobArgument =
  | { is: 'id'; id: string }
  | ({ is: 'job'; index: number; origin?: string } & ProjectName)
  | ({ is: 'newest'; origin?: string } & ProjectName)

/** Reads a job as a person has it; undefined where it is none of these. */
export function readJobArgument(text: string): JobArgument | undefined {
  if (Id.safeParse(text).success) return { is: 'id', id: text }
  const [, origin, address] = /^(https?:\/\/[^/]+)(\/.*)$/.exec(text) ?? []
  if (origin !== undefined) return fromAddress(origin, address ?? '')
  const [, name = '', index] = /^([^#]*)(?:#(\d+))?$/.exec(text) ?? []
  const at = readProjectName(name)
  if (at === undefined) return undefined
  return index === undefined ? { is: 'newest', ...at } : { is: 'job', index: Number(index), ...at }
}

function fromAddress(origin: string, address: string): JobArgument | undefined {
  const subject = readPageAddress(address)
  if (subject === undefined || subject.is === 'derivation') return undefined
  return subject.is === 'job' ? { ...subject, origin } : { ...subject, is: 'newest', origin }
}

/** Reads `PROJECT`, `ACCOUNT/PROJECT` or `SITE/ACCOUNT/PROJECT`. */
function readProjectName(text: string): ProjectName | undefined {
  const names = text.split('/')
  if (names.length > 3 || names.some((name) => name === '')) return undefined
  const [project = '', account, site] = names.toReversed()
  return { project, ...(account === undefined ? {} : { account }), ...(site === undefined ? {} : { site }) }
}
