import { pages } from '@firn/contract/paths'
import { getRouteApi } from '@tanstack/react-router'
import { useDerivation } from '../api/use-derivation.ts'
import { LogView } from '../parts/log/LogView.tsx'
import { readStorePath } from '../parts/names.ts'
import { StateMark } from '../parts/StateMark.tsx'
import { derivationState } from '../parts/state.ts'
import { EmptyPage } from '../ui/EmptyPage.tsx'
import { PageLink } from '../ui/PageLink.tsx'
import { PageHead } from '../ui/Section.tsx'
import { useTitle } from '../ui/title.ts'

const route = getRouteApi('/accounts/$site/$account/derivations/$drv/log')

/** The line that matters. */
export function DerivationLogPage() {
  const { drv, ...at } = route.useParams()
  const search = route.useSearch()
  const viaJob = search['via-job']
  const { derivation } = useDerivation({ ...at, drv, viaJob })
  const logId = search.log ?? derivation.logId
  const { name } = readStorePath(drv)
  useTitle(`Log of ${name}`)
  return (
    <>
      <PageHead title={`Log of ${name}`}>
        <p>
          <StateMark state={derivationState(derivation.status)} /> {derivation.because}{' '}
          <PageLink to={pages.derivation(at, drv, viaJob)}>about the derivation</PageLink>
        </p>
      </PageHead>
      {logId ? (
        <LogView key={logId} logId={logId} fileName={`${name}.log`} failed={derivation.status === 'BuildFailure'} />
      ) : (
        <EmptyPage title="No log">
          {derivation.status === 'BuildSuccess'
            ? 'It was not built here: its outputs were there already.'
            : 'It has not begun to build. Its log appears here as it is written.'}
        </EmptyPage>
      )}
    </>
  )
}
