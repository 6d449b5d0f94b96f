import type { Job, PinnedInput } from '@firn/contract/api/job'
import { pages } from '@firn/contract/paths'
import { CopyText } from '../../ui/CopyText.tsx'
import { PageLink } from '../../ui/PageLink.tsx'
import { Section } from '../../ui/Section.tsx'
import { shortRef, shortRev, shown } from '../names.ts'
import classes from './extra-inputs.module.css'

type At = { site: string; account: string }

const chosenWords: Record<PinnedInput['chosen'], string> = {
  succeeded: 'the newest green commit',
  head: 'the head: no commit of it was green',
}

/** The commits of other projects that the job takes, and by which rule they were chosen (hercules-ci.md 1.10). */
export function ExtraInputs({ at, extraInputs }: { at: At; extraInputs: Job['extraInputs'] }) {
  const inputs = Object.entries(extraInputs)
  if (inputs.length === 0) return null
  return (
    <Section title="Extra inputs">
      <ul className={classes.inputs}>
        {inputs.map(([name, input]) => (
          <li key={name}>
            <p className={classes.name}>
              <code>{shown(name)}</code> <Origin at={at} input={input} />
            </p>
            <p className="dim">
              {shortRef(input.ref)}{' '}
              <CopyText text={input.rev} label={`commit ${input.rev}`}>
                <code>{shortRev(input.rev)}</code>
              </CopyText>{' '}
              {chosenWords[input.chosen]}
            </p>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** A green commit has a page with its jobs; the head may have none. */
function Origin({ at, input: { owner, name, rev, chosen } }: { at: At; input: PinnedInput }) {
  if (!owner || !name) return null
  const project = { site: at.site, account: owner, project: name }
  return (
    <>
      from{' '}
      <PageLink to={chosen === 'succeeded' ? pages.commit(project, rev) : pages.project(project)}>
        {shown(name)}
      </PageLink>
    </>
  )
}
