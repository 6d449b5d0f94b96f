import type { DerivationDetail } from '@firn/contract/api/derivation'
import { pages } from '@firn/contract/paths'
import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { api } from '../api/client.ts'
import { useDerivation } from '../api/use-derivation.ts'
import { Attempts } from '../parts/derivation/Attempts.tsx'
import { Inputs, Outputs, UsedBy } from '../parts/derivation/Lists.tsx'
import { TailOfLog } from '../parts/derivation/TailOfLog.tsx'
import { readStorePath } from '../parts/names.ts'
import { StateMark } from '../parts/StateMark.tsx'
import { StoreName } from '../parts/StoreName.tsx'
import { derivationState } from '../parts/state.ts'
import { PageLink } from '../ui/PageLink.tsx'
import { RefusalNote } from '../ui/RefusalNote.tsx'
import { Facts, PageHead, Section } from '../ui/Section.tsx'
import { useTitle } from '../ui/title.ts'
import classes from './job.module.css'

const route = getRouteApi('/accounts/$site/$account/derivations/$drv')

/** Why is it red, is it mine, what did it do before? */
export function DerivationPage() {
  const { drv, ...at } = route.useParams()
  const viaJob = route.useSearch()['via-job']
  const { accountId, derivation } = useDerivation({ ...at, drv, viaJob })
  const state = derivationState(derivation.status)
  const logPage = pages.derivationLog(at, drv, viaJob)
  useTitle(readStorePath(drv).name)
  return (
    <>
      <PageHead title={readStorePath(drv).name} actions={<Actions accountId={accountId} derivation={derivation} />}>
        <p className={classes.sentence}>
          <span role="status">
            <StateMark state={state} />
          </span>{' '}
          <span>{derivation.because}</span>
        </p>
      </PageHead>
      <div className={classes.columns}>
        <div className={classes.main}>
          {derivation.logId && (
            <Section title="End of the log" aside={<PageLink to={logPage}>whole log</PageLink>}>
              <TailOfLog key={derivation.logId} logId={derivation.logId} logPage={logPage} live={state === 'running'} />
            </Section>
          )}
          <Attempts at={at} derivation={derivation} viaJob={viaJob} />
          <Inputs at={at} derivation={derivation} viaJob={viaJob} />
          <Outputs derivation={derivation} />
        </div>
        <aside className={classes.aside} aria-label="About this derivation">
          <About derivation={derivation} />
          <UsedBy derivation={derivation} />
        </aside>
      </div>
    </>
  )
}

function About({ derivation }: { derivation: DerivationDetail }) {
  const features = derivation.requiredSystemFeatures
  return (
    <Section title="About">
      <Facts
        facts={[
          ['Derivation', <StoreName key="drv" path={derivation.derivationPath} />],
          ['Platform', derivation.platform ?? 'unknown'],
          ...(features.length > 0 ? [['Needs', features.join(', ')] as const] : []),
        ]}
      />
    </Section>
  )
}

function Actions({ accountId, derivation }: { accountId: string; derivation: DerivationDetail }) {
  const retry = useMutation(api.derivations.retry.mutationOptions())
  const cancel = useMutation(api.derivations.cancel.mutationOptions())
  const which = { id: accountId, drv: derivation.derivationPath }
  return (
    <>
      {derivation.mayRestart && (
        <Button variant="default" loading={retry.isPending} onClick={() => retry.mutate(which)}>
          Build again
        </Button>
      )}
      {derivation.mayCancel && (
        <Button
          variant="default"
          loading={cancel.isPending}
          onClick={() => cancel.mutate(which)}
          title="For every job that needs it."
        >
          Cancel the build
        </Button>
      )}
      <RefusalNote error={retry.error ?? cancel.error} />
    </>
  )
}
