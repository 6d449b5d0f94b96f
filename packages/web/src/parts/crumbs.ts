import { pages } from '@firn/contract/paths'
import { readStorePath, shortRev } from './names.ts'

export type Params = {
  site?: string
  account?: string
  project?: string
  index?: string
  rev?: string
  drv?: string
}

/** The way from the account down to the page, each with its address. */
export function crumbsOf({ site, account, project, index, rev, drv }: Params): { label: string; to: string }[] {
  if (!site || !account) return []
  const at = { site, account }
  const crumbs = [{ label: account, to: pages.account(at) }]
  if (drv) crumbs.push({ label: readStorePath(drv).name, to: pages.derivation(at, drv) })
  if (!project) return crumbs
  const it = { ...at, project }
  crumbs.push({ label: project, to: pages.project(it) })
  if (index) crumbs.push({ label: `#${index}`, to: pages.job(it, Number(index)) })
  if (rev) crumbs.push({ label: shortRev(rev), to: pages.commit(it, rev) })
  return crumbs
}
