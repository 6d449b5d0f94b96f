import type { BuildMatches } from '@firn/contract/api/log'
import { pages } from '@firn/contract/paths'
import { wordCount, wordNumber } from '../../ui/number-words.ts'
import { PageLink } from '../../ui/PageLink.tsx'
import { Section } from '../../ui/Section.tsx'
import { readStorePath } from '../names.ts'
import { StateMark } from '../StateMark.tsx'
import { derivationState } from '../state.ts'
import { LogTail } from './LogTail.tsx'

type Props = { at: { site: string; account: string }; jobId: string; build: BuildMatches; search: string }

/** A build in whose log something was found: the first lines, each a link to its place. */
export function BuildFound({ at, jobId, build, search }: Props) {
  const { derivationPath, logId, lines, count, more } = build
  const { name } = readStorePath(derivationPath)
  const log = `${pages.derivationLog(at, derivationPath, jobId)}&log=${logId}`
  return (
    <Section title={name} aside={<PageLink to={log}>whole log</PageLink>}>
      <p>
        <StateMark state={derivationState(build.status)} />{' '}
        <span className="dim">
          {more ? `${wordCount(count)} lines and more` : wordNumber(count, 'line')}
          {count > lines.length && `, the first ${lines.length} here`}
        </span>
      </p>
      <LogTail lines={lines} logPage={log} search={search} label={`Lines of ${name}`} />
    </Section>
  )
}
