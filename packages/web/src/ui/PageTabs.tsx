import { PageLink } from './PageLink.tsx'
import classes from './page-tabs.module.css'

type Props = { label: string; tabs: readonly { name: string; to: string }[]; current: string }

/** The parts of a thing that are pages of their own, each with its address. */
export function PageTabs({ label, tabs, current }: Props) {
  return (
    <nav aria-label={label} className={classes.tabs}>
      {tabs.map(({ name, to }) => (
        <PageLink key={name} to={to} {...(name === current && { 'aria-current': 'page' })}>
          {name}
        </PageLink>
      ))}
    </nav>
  )
}
