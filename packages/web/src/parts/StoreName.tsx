import { pages } from '@firn/contract/paths'
import { CopyText } from '../ui/CopyText.tsx'
import { PageLink } from '../ui/PageLink.tsx'
import { readStorePath } from './names.ts'
import classes from './store-name.module.css'

/** A store path: the name first, the hash short; a click on the hash copies the whole path. */
export function StoreName({ path }: { path: string }) {
  const { name, hash } = readStorePath(path)
  return (
    <span className={classes.name}>
      <span>{name}</span> {hash && <Hash path={path} hash={hash} />}
    </span>
  )
}

type LinkProps = { at: { site: string; account: string }; drv: string; viaJob?: string | undefined; row?: boolean }

/** The same, with the name as the link to the derivation's page. */
export function DerivationLink({ at, drv, viaJob, row = false }: LinkProps) {
  const { name, hash } = readStorePath(drv)
  return (
    <span className={classes.name}>
      <PageLink to={pages.derivation(at, drv, viaJob)} {...(row && { 'data-row': '' })}>
        {name}
      </PageLink>{' '}
      {hash && <Hash path={drv} hash={hash} />}
    </span>
  )
}

function Hash({ path, hash }: { path: string; hash: string }) {
  return (
    <CopyText text={path} label={path}>
      {hash}
    </CopyText>
  )
}
