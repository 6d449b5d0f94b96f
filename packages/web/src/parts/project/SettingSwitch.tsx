import type { ProjectSettings } from '@firn/contract/api/project'
import { Switch } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import { RefusalNote } from '../../ui/RefusalNote.tsx'
import classes from './settings.module.css'

type Props = {
  projectId: string
  setting: { key: keyof ProjectSettings; label: string; sentence: string }
  settings: ProjectSettings
  mayChange: boolean
}

/** One choice, saved as it is made; where the server refuses, it stands as before and says why. */
export function SettingSwitch({ projectId, setting: { key, label, sentence }, settings, mayChange }: Props) {
  const queries = useQueryClient()
  const queryKey = api.firn.settings.queryKey({ input: { id: projectId } })
  const change = useMutation(
    api.firn.changeSettings.mutationOptions({
      onSuccess: (saved) => {
        queries.setQueryData(queryKey, saved)
      },
    }),
  )
  const isOn = (change.isPending ? change.variables[key] : undefined) ?? settings[key]
  return (
    <div className={classes.setting}>
      <Switch
        label={label}
        description={sentence}
        classNames={{ label: classes.label ?? '', description: classes.sentence ?? '' }}
        checked={isOn}
        disabled={!mayChange}
        onChange={(event) => change.mutate({ id: projectId, [key]: event.currentTarget.checked })}
      />
      <span role="status" className="dim">
        {isOn ? 'on' : 'off'}
        {change.isPending ? ', saving …' : change.isSuccess && ', saved'}
      </span>
      <RefusalNote error={change.error} />
    </div>
  )
}
