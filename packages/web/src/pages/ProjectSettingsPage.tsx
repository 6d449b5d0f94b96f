import type { Project, ProjectSettings } from '@firn/contract/api/project'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { api } from '../api/client.ts'
import { useVisitor } from '../api/use-visitor.ts'
import { ProjectHead } from '../parts/project/ProjectHead.tsx'
import { RepositorySection } from '../parts/project/RepositorySection.tsx'
import { SettingSwitch } from '../parts/project/SettingSwitch.tsx'
import classes from '../parts/project/settings.module.css'
import { Section } from '../ui/Section.tsx'
import { useTitle } from '../ui/title.ts'

const route = getRouteApi('/$site/$account/$project/settings')

type Choice = { key: keyof ProjectSettings; label: string; sentence: string }

const ofEvaluation: readonly Choice[] = [
  {
    key: 'importFromDerivation',
    label: 'Import from derivation',
    sentence: 'Evaluation may need things built. Without it, an attribute that imports from a derivation is an error.',
  },
  {
    key: 'submodules',
    label: 'Submodules',
    sentence: 'Flakes are fetched together with their Git submodules.',
  },
]

const ofJobs: readonly Choice[] = [
  {
    key: 'supersede',
    label: 'Supersede',
    sentence:
      'A newer push of a branch ends the evaluation of older ones at once. Once it is evaluated itself, their other unfinished jobs are cancelled; what the newer one needs too goes on.',
  },
]

/** What can be chosen for a project. */
export function ProjectSettingsPage() {
  const at = route.useParams()
  const project = useSuspenseQuery(api.projects.bySite.queryOptions({ input: at })).data
  const settings = useSuspenseQuery(api.firn.settings.queryOptions({ input: { id: project.id } })).data
  const mayWrite = useVisitor()?.mayWrite
  useTitle(`Settings of ${project.displayName}`)
  return (
    <>
      <ProjectHead project={project} current="Settings" />
      {project.remoteURL !== null && <RepositorySection projectId={project.id} mayChange={mayWrite === true} />}
      <Section title="Evaluation">
        {mayWrite === false && (
          <p>
            You read without having signed in, so you see these and cannot change them. To sign in:{' '}
            <code>npx firn sign-in</code>
          </p>
        )}
        <Switches project={project} choices={ofEvaluation} settings={settings} mayChange={mayWrite === true} />
        <p className="dim">A change counts for what is evaluated from then on, a rerun included.</p>
      </Section>
      <Section title="Jobs">
        <Switches project={project} choices={ofJobs} settings={settings} mayChange={mayWrite === true} />
      </Section>
    </>
  )
}

type SwitchesProps = { project: Project; choices: readonly Choice[]; settings: ProjectSettings; mayChange: boolean }

function Switches({ project, choices, settings, mayChange }: SwitchesProps) {
  return (
    <div className={classes.settings}>
      {choices.map((choice) => (
        <SettingSwitch
          key={choice.key}
          projectId={project.id}
          setting={choice}
          settings={settings}
          mayChange={mayChange}
        />
      ))}
    </div>
  )
}
