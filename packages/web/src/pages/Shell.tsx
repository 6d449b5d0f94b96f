import { pages } from '@firn/contract/paths'
import { useQuery } from '@tanstack/react-query'
import { Outlet, useParams } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { api } from '../api/client.ts'
import { setClock } from '../api/clock.ts'
import { useLive } from '../api/use-live.ts'
import { useVisitor } from '../api/use-visitor.ts'
import { crumbsOf } from '../parts/crumbs.ts'
import { Help } from '../ui/Help.tsx'
import { IconButton } from '../ui/IconButton.tsx'
import { useKeys } from '../ui/keys.ts'
import { PageLink } from '../ui/PageLink.tsx'
import { SchemeToggle } from '../ui/SchemeToggle.tsx'
import classes from './shell.module.css'

/** What is around every page: the bar above, the connection's state, keyboard and help. */
export function Shell() {
  const [help, setHelp] = useState(false)
  const connection = useLive()
  useKeys(() => setHelp(true))
  return (
    <>
      <a className={classes.skip} href="#page">
        Skip to the page
      </a>
      <Bar onHelp={() => setHelp(true)} />
      <div role="status" className={classes.banner} data-lost={connection === 'lost' || undefined}>
        {connection === 'lost' && 'The connection to Firn is lost. What is shown may be old; connecting again …'}
      </div>
      <main id="page" className={classes.page} tabIndex={-1}>
        <Outlet />
      </main>
      <Help opened={help} onClose={() => setHelp(false)} readsOnly={useVisitor()?.mayWrite === false} />
    </>
  )
}

function Bar({ onHelp }: { onHelp: () => void }) {
  const params = useParams({ strict: false })
  const accounts = useQuery(api.accounts.list.queryOptions({ input: {} })).data
  const first = accounts?.[0]
  const at =
    params.site && params.account
      ? { site: params.site, account: params.account }
      : first && { site: first.sourceHostingSiteSlug, account: first.slug }
  return (
    <header className={classes.bar}>
      <nav aria-label="Where you are">
        <ol className={classes.crumbs}>
          <li>
            <PageLink to="/" className={classes.logo}>
              <img src="/favicon.svg" alt="" width="20" height="20" /> Firn
            </PageLink>
          </li>
          {crumbsOf(params).map((crumb) => (
            <li key={crumb.to}>
              <PageLink to={crumb.to} title={crumb.label}>
                {crumb.label}
              </PageLink>
            </li>
          ))}
        </ol>
      </nav>
      <nav aria-label="Firn" className={classes.tools}>
        {at && <PageLink to={pages.agents(at)}>Agents</PageLink>}
        <PageLink to={pages.operations()}>Operations</PageLink>
        <SchemeToggle />
        <IconButton label="Keyboard and help" onClick={onHelp}>
          ?
        </IconButton>
        <Visitor />
      </nav>
    </header>
  )
}

function Visitor() {
  const who = useVisitor()
  useEffect(() => {
    if (who) setClock(who.now)
  }, [who])
  if (!who) return null
  const title = who.mayWrite ? undefined : 'You read without having signed in. To change things: npx firn sign-in'
  return (
    <span className={classes.visitor} title={title}>
      {who.signedIn ? who.name : 'reading only'}
    </span>
  )
}
