/** Addresses of pages (hercules-ci.md 5.4); the only place where they are spelled. All begin with a slash. */
type ProjectAddress = { site: string; account: string; project: string }

const segment = encodeURIComponent

export const pages = {
  home: () => '/',
  operations: () => '/operations',
  account: (at: { site: string; account: string }) => `/${segment(at.site)}/${segment(at.account)}`,
  project: ({ site, account, project }: ProjectAddress) => `/${segment(site)}/${segment(account)}/${segment(project)}`,
  settings: (at: ProjectAddress) => `${pages.project(at)}/settings`,
  commit: (at: ProjectAddress, rev: string) => `${pages.project(at)}/commits/${rev}`,
  /** A file or folder of a commit, an empty path being the whole; with a line, that line of it. */
  file: (at: ProjectAddress, rev: string, path: string, line?: number) =>
    `${[pages.commit(at, rev), 'files', ...(path === '' ? [] : path.split('/').map(segment))].join('/')}${line === undefined ? '' : `#L${line}`}`,
  job: (at: ProjectAddress, index: number) => `${pages.project(at)}/jobs/${index}`,
  compare: (at: ProjectAddress, index: number, baseJobId: string) =>
    `${pages.job(at, index)}/compare?baseId=${segment(baseJobId)}`,
  evaluationLog: (at: ProjectAddress, index: number) => `${pages.job(at, index)}/evaluation/log`,
  /** Search in the logs of all builds of the job. */
  jobLogs: (at: ProjectAddress, index: number, search?: string) =>
    `${pages.job(at, index)}/logs${search === undefined ? '' : `?q=${segment(search)}`}`,
  derivation: (at: { site: string; account: string }, drv: string, viaJob?: string) =>
    `/accounts/${segment(at.site)}/${segment(at.account)}/derivations/${segment(drv)}${via(viaJob)}`,
  derivationLog: (at: { site: string; account: string }, drv: string, viaJob?: string) =>
    `/accounts/${segment(at.site)}/${segment(at.account)}/derivations/${segment(drv)}/log${via(viaJob)}`,
  addRepository: (at: { site: string; account: string }) =>
    `/accounts/${segment(at.site)}/${segment(at.account)}/add-repository`,
  agents: (at: { site: string; account: string }) => `/accounts/${segment(at.site)}/${segment(at.account)}/agents`,
}

/** What a page is about, for those of a project, a job or a derivation and the pages below them. */
export type PageSubject =
  | ({ is: 'project' } & ProjectAddress)
  | ({ is: 'job'; index: number } & ProjectAddress)
  | { is: 'derivation'; site: string; account: string; drv: string; viaJob: string | undefined }

/** Reads an address back: path and query, without the host. Undefined where no page of these is. */
export function readPageAddress(address: string): PageSubject | undefined {
  const [, path = '', query = ''] = /^([^?#]*)(?:\?([^#]*))?/.exec(address) ?? []
  const names = path.split('/').map(decoded)
  const [root, site, account, third, fourth] = names
  if (root !== '' || names.includes(undefined) || !site || !account || !third) return undefined
  if (site === 'accounts') {
    const [, , ownSite, ownAccount, kind, drv] = names
    if (!ownSite || !ownAccount || kind !== 'derivations' || !drv) return undefined
    const viaJob = decoded(/(?:^|&)via-job=([^&]+)/.exec(query)?.[1] ?? '')
    return { is: 'derivation', site: ownSite, account: ownAccount, drv, viaJob: viaJob || undefined }
  }
  const at = { site, account, project: third }
  if (fourth !== 'jobs') return { is: 'project', ...at }
  const index = names[5] ?? ''
  return /^\d+$/.test(index) ? { is: 'job', ...at, index: Number(index) } : undefined
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function via(jobId: string | undefined): string {
  return jobId === undefined ? '' : `?via-job=${segment(jobId)}`
}
